import Glibc

enum ProcessMemory {
  /// The most memory that was resident so far, in bytes.
  static var peak: Int {
    var usage = rusage()
    getrusage(RUSAGE_SELF.rawValue, &usage)
    return usage.ru_maxrss * 1024
  }
}
