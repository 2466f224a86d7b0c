import Loop

/// One client's talk with the mail server, without its socket: bytes in, replies and messages out.
@Loop
struct SMTPSession {
  /// Whom a message is from and for, as the server was told.
  struct Envelope: Equatable, Sendable {
    var sender: String
    var recipients: [String] = []
  }

  /// What the session asks its owner.
  @Loop
  protocol Delegate: AnyObject {
    /// A fault that is due at this stage; it is used up.
    func fault(among modes: Set<Fault.Mode>) -> Fault?
    /// A message has come whole.
    func accept(_ message: [UInt8], _ envelope: Envelope)
  }

  private enum State: Equatable {
    case command
    /// The message is on its way; `isTooLarge`: it is heard to its end and kept no longer.
    case message(isTooLarge: Bool)
    /// The connection is to break before the message has ended.
    case breaking
    /// Nothing is heard or said any more.
    case hanging
    case closed
  }

  /// What is to be sent.
  private(set) var output: [UInt8] = []
  private let limits: SMTPLimits
  private var state = State.command
  private var input: [UInt8] = []
  /// Up to where no line's end was found in it.
  private var searched = 0
  private var hasGreeted = false
  private var envelope: Envelope?
  private var message: [UInt8] = []
  private var mistakes = 0

  init(_ limits: SMTPLimits) {
    self.limits = limits
    reply("220 sandbox ESMTP")
  }

  var isClosed: Bool { state == .closed }
  var isHanging: Bool { state == .hanging }
  var isInMessage: Bool {
    if case .message = state { true } else { false }
  }

  /// What there is to send, once.
  mutating func takeOutput() -> [UInt8] {
    defer { output = [] }
    return output
  }

  /// Ends it because the client takes too long.
  mutating func expire() {
    reply("421 4.4.2 You take too long")
    state = .closed
  }

  /// Any number of commands, and parts of them.
  mutating func receive(_ bytes: some Collection<UInt8>, _ delegate: some Delegate) {
    input += bytes
    var start = 0
    while state != .closed, state != .hanging {
      if state == .breaking {
        // Some of the message is on its way.
        guard start < input.count else { break }
        state = .closed
      } else if isInMessage {
        guard let end = lineEnd(from: start) else { break }
        hear(input[start..<end], delegate)
        start = end + 2
      } else {
        guard let end = input[start...].firstIndex(of: 0x0A) else { break }
        hear(command: input[start..<end], delegate)
        start = end + 1
      }
    }
    input.removeFirst(start)
    searched = max(0, searched - start)
    let limit = isInMessage ? limits.message : limits.line
    if state != .hanging, input.count > limit { overflow() }
    if state == .hanging || state == .closed { input = [] }
  }

  /// Only CR LF ends a line of a message: what took LF for one could be told of a message's end
  /// where another server sees none.
  private mutating func lineEnd(from start: Int) -> Int? {
    searched = max(searched, start)
    while searched + 1 < input.count {
      if input[searched] == 0x0D, input[searched + 1] == 0x0A { return searched }
      searched += 1
    }
    return nil
  }

  private mutating func overflow() {
    reply(isInMessage ? "552 5.3.4 The message is too large" : "500 5.5.2 The line is too long")
    state = .closed
  }

  // MARK: - Commands

  private mutating func hear(command bytes: ArraySlice<UInt8>, _ delegate: some Delegate) {
    let line = bytes.last == 0x0D ? bytes.dropLast() : bytes
    do throws(SMTPCommand.Problem) {
      guard line.count <= limits.line else { throw .init("500 5.5.2 The line is too long") }
      guard let text = String(validating: line, as: UTF8.self),
        !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
      else { throw .init("500 5.5.2 That is no text") }
      try obey(SMTPCommand(text), delegate)
    } catch {
      reply(error.reply)
      mistakes += 1
      if mistakes >= limits.mistakes {
        reply("421 4.7.0 Too many mistakes")
        state = .closed
      }
    }
  }

  private mutating func obey(
    _ command: SMTPCommand,
    _ delegate: some Delegate
  ) throws(SMTPCommand.Problem) {
    switch command {
    case .helo, .ehlo: greet(command)
    case .mail(let path, let size, _):
      guard hasGreeted else { throw .init("503 5.5.1 Who are you?") }
      guard envelope == nil else { throw .init("503 5.5.1 One message at a time") }
      guard size ?? 0 <= limits.message else { throw .init("552 5.3.4 The message is too large") }
      envelope = Envelope(sender: path.address)
      reply("250 2.1.0 Sender taken")
    case .recipient(let path): try add(path, delegate)
    case .data: try begin(delegate)
    case .reset:
      envelope = nil
      reply("250 2.0.0 Forgotten")
    case .noop: reply("250 2.0.0 Nothing done")
    case .verify: reply("252 2.5.2 Send some mail and see")
    case .quit:
      reply("221 2.0.0 Goodbye")
      state = .closed
    case .other: throw .init("502 5.5.1 Not here")
    }
  }

  private mutating func greet(_ command: SMTPCommand) {
    hasGreeted = true
    envelope = nil
    if case .ehlo = command {
      reply("250-sandbox", "250-PIPELINING", "250-SIZE \(limits.message)", "250-8BITMIME")
      reply("250-SMTPUTF8", "250 ENHANCEDSTATUSCODES")
    } else {
      reply("250 sandbox")
    }
  }

  private mutating func add(
    _ path: SMTPPath,
    _ delegate: some Delegate
  ) throws(SMTPCommand.Problem) {
    guard let recipients = envelope?.recipients else { throw .init("503 5.5.1 From whom?") }
    guard recipients.count < limits.recipients else {
      throw .init("452 4.5.3 Too many recipients")
    }
    if let fault = delegate.fault(among: [.reject]) {
      reply(
        "\(fault.status ?? 550) \(Self.enhanced(fault.status ?? 550)) Refused, as was asked for"
      )
      return
    }
    envelope?.recipients.append(path.address)
    reply("250 2.1.5 Recipient taken")
  }

  private mutating func begin(_ delegate: some Delegate) throws(SMTPCommand.Problem) {
    guard let envelope else { throw .init("503 5.5.1 From whom?") }
    guard !envelope.recipients.isEmpty else { throw .init("554 5.5.1 To whom?") }
    message = []
    state = delegate.fault(among: [.drop]) == nil ? .message(isTooLarge: false) : .breaking
    reply("354 Go on")
  }

  // MARK: - A message

  private mutating func hear(_ line: ArraySlice<UInt8>, _ delegate: some Delegate) {
    let dot = UInt8(ascii: ".")
    guard line.count != 1 || line.first != dot else { return end(delegate) }
    guard state == .message(isTooLarge: false) else { return }
    // The client has doubled a dot at a line's beginning.
    message += line.first == dot ? line.dropFirst() : line
    message += [0x0D, 0x0A]
    if message.count > limits.message {
      message = []
      state = .message(isTooLarge: true)
    }
  }

  private mutating func end(_ delegate: some Delegate) {
    defer {
      message = []
      envelope = nil
    }
    guard state != .message(isTooLarge: true) else {
      state = .command
      return reply("552 5.3.4 The message is too large")
    }
    state = .command
    if let fault = delegate.fault(among: [.fail, .hang]) {
      guard fault.mode == .fail else { return state = .hanging }
      let status = fault.status ?? 451
      return reply("\(status) \(Self.enhanced(status)) Failed, as was asked for")
    }
    if let envelope { delegate.accept(message, envelope) }
    reply("250 2.0.0 Taken")
  }

  private static func enhanced(_ status: Int) -> String { "\(status / 100).0.0" }

  private mutating func reply(_ lines: String...) {
    for line in lines { output += Array("\(line)\r\n".utf8) }
  }
}
