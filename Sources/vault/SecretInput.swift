import Glibc

/// Where a secret's value comes from: standard input or, at a terminal, a question whose answer is
/// not shown.
enum SecretInput {
  struct Refused: Error, CustomStringConvertible {
    let description: String
  }

  /// The most that the vault takes.
  private static let limit = 65536

  static func read(for name: String) throws(Refused) -> [UInt8] {
    guard isatty(STDIN_FILENO) == 1 else { return try value(readAll()) }
    Terminal.say("Value of \(name): ", end: "")
    let line = hiddenLine()
    Terminal.say("")
    return try value(line)
  }

  /// One line break at the end is of the terminal, the file or `echo`, and not of the secret.
  static func value(_ bytes: [UInt8]) throws(Refused) -> [UInt8] {
    var bytes = bytes
    if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    guard !bytes.isEmpty else { throw Refused(description: "the value is empty") }
    guard bytes.count <= limit else { throw Refused(description: "a secret has 64 KiB at most") }
    return bytes
  }

  private static func readAll() -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while bytes.count <= limit + 2 {
      let count = Glibc.read(STDIN_FILENO, &chunk, chunk.count)
      guard count > 0 else { break }
      bytes += chunk.prefix(count)
    }
    return bytes
  }

  private static func hiddenLine() -> [UInt8] {
    var shown = termios()
    tcgetattr(STDIN_FILENO, &shown)
    var hidden = shown
    hidden.c_lflag &= ~tcflag_t(ECHO)
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden)
    defer { tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown) }
    return Array((readLine(strippingNewline: false) ?? "").utf8)
  }
}
