import CCurl
import Glibc

/// A URL as libcurl understands it. The transfer is given this very handle, so that what was judged
/// is what is fetched.
struct URLHandle: ~Copyable {
  /// The most bytes that a URL may have.
  static let limit = 8192

  let pointer: OpaquePointer

  /// Takes the handle over.
  private init(owning pointer: OpaquePointer) {
    self.pointer = pointer
  }

  /// - Returns: nil for what is no absolute URL with a host, and for one with user information.
  init?(_ text: String) {
    // libcurl takes one or three slashes for two.
    guard let slashes = text.firstRange(of: "://"), !text[slashes.upperBound...].hasPrefix("/"),
      let handle = curl_url().map(URLHandle.init(owning:)), handle.set(text)
    else { return nil }
    self = handle
  }

  deinit {
    curl_url_cleanup(pointer)
  }

  /// Resolves a reference, such as a redirect's target, against this URL (RFC 3986 §5).
  func resolving(_ reference: String) -> URLHandle? {
    guard let handle = curl_url_dup(pointer).map(URLHandle.init(owning:)), handle.set(reference)
    else { return nil }
    return handle
  }

  /// In lower case.
  var scheme: String { part(CURLUPART_SCHEME) ?? "" }

  /// In lower case; IPv6 addresses stand in brackets, IPv4 addresses in their usual form, however
  /// they were written.
  var host: String { (part(CURLUPART_HOST) ?? "").lowercased() }

  /// Where a request to this URL ends up, as far as credentials go.
  var origin: String {
    "\(scheme)://\(host):\(part(CURLUPART_PORT, flags: UInt32(CURLU_DEFAULT_PORT)) ?? "")"
  }

  var text: String { part(CURLUPART_URL) ?? "" }

  /// Whether the host says by its form that it is this machine.
  var isLoopback: Bool {
    let host = host
    var address = in_addr()
    return host == "localhost" || host == "[::1]"
      || (inet_pton(AF_INET, host, &address) == 1 && UInt32(bigEndian: address.s_addr) >> 24 == 127)
  }

  private func set(_ text: String) -> Bool {
    guard text.utf8.count <= Self.limit, !text.utf8.contains(0),
      curl_url_set(pointer, CURLUPART_URL, text, UInt32(CURLU_URLENCODE)) == CURLUE_OK
    else { return false }
    return !host.isEmpty && part(CURLUPART_USER) == nil && part(CURLUPART_PASSWORD) == nil
  }

  private func part(_ part: CURLUPart, flags: UInt32 = 0) -> String? {
    var text: UnsafeMutablePointer<CChar>?
    guard curl_url_get(pointer, part, &text, flags) == CURLUE_OK, let text else { return nil }
    defer { curl_free(text) }
    return String(cString: text)
  }
}
