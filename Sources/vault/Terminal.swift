import Glibc

/// What is for the person and not for a pipe.
enum Terminal {
  static func say(_ words: String, end: String = "\n") {
    let bytes = Array((words + end).utf8)
    _ = write(STDERR_FILENO, bytes, bytes.count)
  }
}
