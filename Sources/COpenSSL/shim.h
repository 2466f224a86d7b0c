#ifndef STREAMVIBE_COPENSSL_SHIM_H
#define STREAMVIBE_COPENSSL_SHIM_H

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

/* Variadic functions and composed macros, which Swift does not import. */

static inline EVP_PKEY *sv_generate_p256(void) {
  return EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
}

static inline int sv_public_key_selection(void) { return EVP_PKEY_PUBLIC_KEY; }

static inline int sv_key_pair_selection(void) { return EVP_PKEY_KEYPAIR; }

#endif
