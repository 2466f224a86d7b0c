/// Mail addresses as they are taken (RFC 5321 §4.1.2 without quoted local parts and literals).
enum EmailAddress {
  /// In lower case, as accounts keep it.
  ///
  /// - Throws: ``AuthFailure`` with `validation_failed`.
  static func canonical(_ text: String) throws(AuthFailure) -> String {
    let address = text.lowercased()
    guard isValid(address) else {
      throw .invalid("Unable to validate email address: invalid format")
    }
    return address
  }

  private static func isValid(_ address: String) -> Bool {
    guard address.utf8.count <= 254,
      let at = address.lastIndex(of: "@")
    else { return false }
    let local = address[..<at]
    let domain = address[address.index(after: at)...]
    return (1...64).contains(local.utf8.count) && isLocal(local) && isDomain(domain)
  }

  private static func isLocal(_ text: Substring) -> Bool {
    let atoms = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    let marks = Set("!#$%&'*+-/=?^_`{|}~".utf8)
    return atoms.allSatisfy { atom in
      !atom.isEmpty && atom.allSatisfy { isLetterOrDigit($0) || marks.contains($0) }
    }
  }

  private static func isDomain(_ text: Substring) -> Bool {
    let labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return labels.allSatisfy { label in
      (1...63).contains(label.count) && label.first != UInt8(ascii: "-")
        && label.last != UInt8(ascii: "-")
        && label.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
    }
  }

  /// Of ASCII, in lower case.
  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte)
  }
}
