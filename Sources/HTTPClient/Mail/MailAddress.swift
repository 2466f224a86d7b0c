/// Somebody's mail address, checked so that it can stand in an SMTP command and in a header field.
package struct MailAddress: Sendable, Equatable {
  /// As RFC 5321 §4.5.3.1 bounds a path.
  private static let limit = 254
  private static let localLimit = 64
  /// What would need quotes (RFC 5322 §3.2.3), which nobody's address has.
  private static let specials = Set("()<>[]:;@\\,\" ".unicodeScalars)

  /// `ann@example.com`; letters of any script (RFC 6531).
  package let address: String
  /// What a mail program shows in its place; any text.
  package let name: String?

  /// - Returns: nil for what is no address, or not a plain one: `"a b"@example.com`, `a@[::1]`.
  package init?(_ address: String, name: String? = nil) {
    let parts = address.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, address.utf8.count <= Self.limit,
      parts[0].utf8.count <= Self.localLimit,
      parts.allSatisfy({ part in
        part.split(separator: ".", omittingEmptySubsequences: false).allSatisfy(Self.isAtom)
      })
    else { return nil }
    self.address = address
    self.name = name
  }

  /// What stands behind the `@`.
  var domain: String {
    address.split(separator: "@").last.map(String.init) ?? ""
  }

  private static func isAtom(_ text: Substring) -> Bool {
    !text.isEmpty
      && text.unicodeScalars.allSatisfy { scalar in
        !specials.contains(scalar) && !scalar.properties.isWhitespace
          && scalar.properties.generalCategory != .control
          && scalar.properties.generalCategory != .format
      }
  }
}
