import Glibc

/// The files with which a deployer replaces templates.
enum MailTemplateFolder {
  /// The most bytes of one: mail programs cut off what is longer than 100 KB.
  private static let sizeLimit = 256 << 10

  private static let names = Set(
    MailContent.Kind.allCases.flatMap { ["\($0.fileName).html", "\($0.fileName).txt"] }
  )

  /// - Throws: ``MailTemplateError`` for a folder or file that can't be read, and for a file named
  ///   like a template of which there is none.
  static func files(in folder: String) throws(MailTemplateError) -> [String: String] {
    guard let entries = opendir(folder) else {
      throw MailTemplateError(folder, "the folder can't be read: \(reason)")
    }
    defer { closedir(entries) }
    var files: [String: String] = [:]
    while let entry = readdir(entries) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name.hasSuffix(".html") || name.hasSuffix(".txt") else { continue }
      guard names.contains(name) else {
        let all = names.sorted().joined(separator: ", ")
        throw MailTemplateError("\(folder)/\(name)", "there is none of this name, but \(all)")
      }
      files[name] = try text(of: "\(folder)/\(name)")
    }
    return files
  }

  private static func text(of path: String) throws(MailTemplateError) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw MailTemplateError(path, "it can't be read: \(reason)") }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: sizeLimit + 1)
    var size = 0
    while size < bytes.count {
      let count = bytes.withUnsafeMutableBytes {
        read(descriptor, $0.baseAddress.map { $0 + size }, $0.count - size)
      }
      guard count >= 0 else { throw MailTemplateError(path, "it can't be read: \(reason)") }
      guard count > 0 else { break }
      size += count
    }
    guard size <= sizeLimit else {
      throw MailTemplateError(path, "it is longer than \(sizeLimit) bytes")
    }
    guard let text = String(validating: bytes[..<size], as: UTF8.self) else {
      throw MailTemplateError(path, "it is not UTF-8")
    }
    return text
  }

  private static var reason: String { String(cString: strerror(errno)) }
}
