import Glibc
import Loop

enum File {
  /// The contents of a small file.
  static func bytes(of path: String) throws(SystemError) -> [UInt8] {
    let descriptor = try SystemError.check(open(path, O_RDONLY | O_CLOEXEC), "open \(path)")
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    while true {
      let count = withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 1) { buffer in
        let count = read(descriptor, buffer.baseAddress, buffer.count)
        if count > 0 { bytes.append(contentsOf: buffer[..<count]) }
        return count
      }
      try SystemError.check(Int32(count), "read \(path)")
      if count == 0 { return bytes }
    }
  }
}
