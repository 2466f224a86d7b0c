/// One command line (RFC 5321 §4.1).
enum SMTPCommand: Equatable {
  case helo(String)
  case ehlo(String)
  case mail(SMTPPath, size: Int?, isInternational: Bool)
  case recipient(SMTPPath)
  case data
  case reset
  case noop
  case quit
  case verify
  /// One that there is, but not here.
  case other

  /// What is wrong with a line: the reply to it.
  struct Problem: Error, Equatable {
    let reply: String

    init(_ reply: String) { self.reply = reply }
  }

  /// - Parameter line: without its end.
  init(_ line: String) throws(Problem) {
    let verb = line.prefix { $0 != " " }
    let rest = line.dropFirst(verb.count).drop { $0 == " " }
    let argument = String(rest.reversed().drop { $0 == " " }.reversed())
    switch verb.uppercased() {
    case "EHLO", "HELO":
      guard !argument.isEmpty, !argument.contains(" ") else {
        throw Problem("501 5.5.4 It needs your name")
      }
      self = verb.uppercased() == "EHLO" ? .ehlo(argument) : .helo(argument)
    case "MAIL": self = try Self.mail(argument)
    case "RCPT":
      let (path, parameters) = try Self.path(in: argument, after: "TO:")
      guard parameters.isEmpty else { throw Problem("555 5.5.4 No such parameter") }
      guard !path.address.isEmpty else { throw Problem("501 5.1.3 Nobody is no recipient") }
      self = .recipient(path)
    case "DATA":
      guard argument.isEmpty else { throw Problem("501 5.5.4 It has no argument") }
      self = .data
    case "RSET": self = .reset
    case "NOOP": self = .noop
    case "QUIT": self = .quit
    case "VRFY": self = .verify
    case "EXPN", "HELP", "AUTH", "STARTTLS", "BDAT", "ETRN", "TURN": self = .other
    default: throw Problem("500 5.5.2 There is no such command")
    }
  }

  private static func mail(_ argument: String) throws(Problem) -> SMTPCommand {
    let (path, parameters) = try path(in: argument, after: "FROM:")
    var size: Int?
    var isInternational = false
    for parameter in parameters {
      let parts = parameter.split(separator: "=", maxSplits: 1).map(String.init)
      switch parts[0].uppercased() {
      case "SIZE":
        guard parts.count == 2, let number = Int(parts[1]), number >= 0 else {
          throw Problem("501 5.5.4 SIZE needs a number")
        }
        size = number
      case "BODY":
        guard parts.count == 2, ["7BIT", "8BITMIME"].contains(parts[1].uppercased()) else {
          throw Problem("501 5.5.4 BODY is 7BIT or 8BITMIME")
        }
      case "SMTPUTF8" where parts.count == 1: isInternational = true
      default: throw Problem("555 5.5.4 No such parameter")
      }
    }
    guard isInternational || path.isASCII else {
      throw Problem("553 5.6.7 Such an address needs SMTPUTF8")
    }
    return .mail(path, size: size, isInternational: isInternational)
  }

  private static func path(
    in argument: String,
    after keyword: String
  ) throws(Problem) -> (SMTPPath, parameters: [String]) {
    guard argument.uppercased().hasPrefix(keyword) else {
      throw Problem("501 5.5.4 It needs \(keyword)<address>")
    }
    let text = argument.dropFirst(keyword.count).drop { $0 == " " }
    guard let (path, rest) = SMTPPath.first(in: text) else {
      throw Problem("501 5.1.3 That is no address")
    }
    guard rest.isEmpty || rest.hasPrefix(" ") else {
      throw Problem("501 5.5.4 That is no parameter")
    }
    return (path, rest.split(separator: " ").map(String.init))
  }
}

/// An address between angle brackets; empty for `<>`, which a report of failure comes from.
struct SMTPPath: Equatable, Sendable {
  private static let limit = 320

  let address: String

  var isASCII: Bool { address.utf8.allSatisfy { $0 < 0x80 } }

  /// - Returns: nil when there is none at the beginning.
  static func first(in text: Substring) -> (SMTPPath, rest: Substring)? {
    guard text.hasPrefix("<") else { return nil }
    var isQuoted = false
    var isEscaped = false
    for index in text.indices.dropFirst() {
      let character = text[index]
      if isEscaped {
        isEscaped = false
      } else if isQuoted, character == "\\" {
        isEscaped = true
      } else if character == "\"" {
        isQuoted.toggle()
      } else if character == ">", !isQuoted {
        guard let path = SMTPPath(text[text.index(after: text.startIndex)..<index]) else {
          return nil
        }
        return (path, text[text.index(after: index)...])
      }
    }
    return nil
  }

  private init?(_ text: Substring) {
    var text = text
    // A route that mail once took, to be ignored (RFC 5321 appendix C).
    if text.hasPrefix("@"), let colon = text.firstIndex(of: ":") {
      text = text[text.index(after: colon)...]
    }
    let isPostmaster = text.lowercased() == "postmaster"
    guard text.isEmpty || isPostmaster || Self.isAddress(text) else { return nil }
    address = String(text)
  }

  private static func isAddress(_ text: Substring) -> Bool {
    guard text.utf8.count <= limit, let at = text.lastIndex(of: "@") else { return false }
    let (local, domain) = (text[..<at], text[text.index(after: at)...])
    let isQuoted = local.count > 2 && local.hasPrefix("\"") && local.hasSuffix("\"")
    return !local.isEmpty && !domain.isEmpty
      && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
      && !domain.contains { " <>\"@(),;".contains($0) }
      && (isQuoted || !local.contains { " <>\"@(),;:\\[]".contains($0) })
  }
}
