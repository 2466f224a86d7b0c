#include <arpa/inet.h>
#include <malloc.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>

// _GNU_SOURCE would change fd_set's layout and clash with Swift's own Glibc module, so the two
// GNU functions that are needed are declared by hand.

static inline int linux_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags) {
  extern int accept4(int, struct sockaddr *, socklen_t *, int);
  return accept4(fd, address, length, flags);
}

static inline void *linux_memmem(const void *bytes, size_t count, const void *needle, size_t size) {
  extern void *memmem(const void *, size_t, const void *, size_t);
  return memmem(bytes, count, needle, size);
}

// prctl is variadic, which Swift does not import.
static inline int linux_signal_on_parent_death(int signal) {
  return prctl(PR_SET_PDEATHSIG, signal);
}
