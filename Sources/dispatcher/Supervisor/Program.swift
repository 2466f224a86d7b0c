import Glibc
import Loop

/// What a service runs: the executable as it is on disk and the environment that it is given. A
/// service is replaced when the one that would be started now differs from the one that runs.
struct Program: Equatable, Sendable {
  private struct File: Equatable {
    var device: UInt
    var inode: UInt
    var size: Int
    var modified: Int
    var modifiedNanoseconds: Int
  }

  let binary: String
  /// Without the addresses to listen on, which differ with each start.
  let environment: [String]
  private let file: File?

  init(_ entry: ServiceEntry) {
    let binary = entry.binary ?? ""
    self.binary = binary
    // Where the loader finds Swift's libraries is no setting of the service's.
    let names = [ServiceEntry.Variable(name: "LD_LIBRARY_PATH", source: "LD_LIBRARY_PATH")]
    environment = (names + entry.variables).compactMap { variable in
      getenv(variable.source).map { "\(variable.name)=\(String(cString: $0))" }
    }
    var status = stat()
    file =
      stat(binary, &status) == 0
      ? File(
        device: status.st_dev,
        inode: status.st_ino,
        size: status.st_size,
        modified: status.st_mtim.tv_sec,
        modifiedNanoseconds: status.st_mtim.tv_nsec
      ) : nil
  }
}
