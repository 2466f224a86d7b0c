/// What the arguments ask for. A secret is never one of them: arguments are seen by everybody on the
/// machine.
enum Command: Equatable {
  case set(name: String, description: String)
  case list
  case forget(name: String)
  case keys
  case rotate(batch: Int)
  case retire(key: String)
  case help
  case describe

  static let usage = """
    usage: vault COMMAND

      set NAME [--description TEXT]   puts a secret in; its value comes from standard input, or is
                                      asked for at a terminal
      list                            names, keys and ages
      forget NAME                     drops a secret at once
      keys                            notes the keys of VAULT_KEYS in the database, and lists them
      rotate [--batch N]              brings every secret under the first key of VAULT_KEYS, while
                                      others read and write; it may be stopped and started again
      retire KEY                      has a key refused that no secret is under any more

    DATABASE_URL names the database, as a superuser or the vault's owner; VAULT_KEYS the keys.
    """

  struct Wrong: Error, CustomStringConvertible {
    let description: String
  }

  init(_ arguments: [String]) throws(Wrong) {
    var words = arguments
    let description = try Self.take("--description", from: &words)
    let batch = try Self.take("--batch", from: &words)
    let name = words.first
    let rest = Array(words.dropFirst())
    switch (name, rest.count) {
    case (nil, _), ("--help", _), ("-h", _): self = .help
    case ("--describe", 0): self = .describe
    case ("set", 1): self = .set(name: rest[0], description: description ?? "")
    case ("set", 2...):
      throw Wrong(description: "the value is no argument: it comes from standard input")
    case ("list", 0): self = .list
    case ("forget", 1): self = .forget(name: rest[0])
    case ("keys", 0): self = .keys
    case ("rotate", 0):
      guard let size = Int(batch ?? "1000"), (1...10_000).contains(size) else {
        throw Wrong(description: "a batch has 1 to 10000 secrets")
      }
      self = .rotate(batch: size)
    case ("retire", 1): self = .retire(key: rest[0])
    default: throw Wrong(description: "this is not understood; --help says what is")
    }
  }

  /// Takes an option with its value out of the words.
  private static func take(
    _ option: String,
    from words: inout [String]
  ) throws(Wrong) -> String? {
    guard let place = words.firstIndex(of: option) else { return nil }
    guard place + 1 < words.count else { throw Wrong(description: "\(option) needs a value") }
    defer { words.removeSubrange(place...place + 1) }
    return words[place + 1]
  }
}
