import Glibc

/// Whom to believe when a server says who it is.
package enum CertificateAuthorities: Sendable, Equatable {
  /// A folder of PEM files named by their subjects' hashes (`openssl rehash`), of which each
  /// connection reads the one it needs.
  case folder(String)
  /// A PEM file, which is read as a whole, and kept as long as connections are.
  case file(String)

  /// Debian's: the folder, or the file where only that is, as in small images. To read all of the
  /// file takes the loop tens of milliseconds.
  package static let system = installed(in: "/etc/ssl/certs")

  static func installed(in folder: String) -> CertificateAuthorities {
    let bundle = CertificateAuthorities.file(folder + "/ca-certificates.crt")
    guard let entries = opendir(folder) else { return bundle }
    defer { closedir(entries) }
    while let entry = readdir(entries) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasSuffix(".0") { return .folder(folder) }
    }
    return bundle
  }
}
