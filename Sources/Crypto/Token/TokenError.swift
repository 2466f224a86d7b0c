/// Why a token is refused. Clients are told at most that it expired or is invalid; the rest is for
/// the log, and no case carries the token or a claim's value.
package enum TokenError: Error, Equatable, Sendable {
  /// Over `TokenVerifier.lengthLimit` bytes.
  case tooLong
  /// Not three parts of canonical base64url.
  case malformed
  /// Header or claims are not JSON that two readers would understand alike.
  case json(JSONError)
  /// A header member that is missing, of the wrong type, or not allowed here.
  case header(String)
  /// No such key, or one that is for another algorithm.
  case unknownKey
  /// The signature does not belong to this header and these claims.
  case signature
  /// A claim that is missing, of the wrong type, or of a value that is not ours.
  case claim(String)
  /// `exp` has passed, leeway included.
  case expired
  /// `nbf` or `iat` lies in the future, leeway included.
  case notYetValid
  /// OpenSSL failed, which says nothing about the token.
  case library
}
