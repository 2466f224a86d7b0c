import JSON

/// A mail that the server has taken, and what a reader sees of it.
struct ReceivedMail: Sendable {
  let id: Int
  let envelope: SMTPSession.Envelope
  /// RFC 3339, in UTC.
  let receivedAt: String
  let source: [UInt8]
  let subject: String
  let text: String?
  let html: String?
  /// Decoded, in their order.
  let headers: [(name: String, value: String)]
  /// Where it leads: of both texts, each once, in their order.
  let links: [String]

  init(id: Int, _ envelope: SMTPSession.Envelope, _ source: [UInt8], at receivedAt: String) {
    self.id = id
    self.envelope = envelope
    self.receivedAt = receivedAt
    self.source = source
    let message = MIMEPart(source)
    headers = message.fields.all.map { ($0.name, EncodedWords.decoded($0.value)) }
    subject = EncodedWords.decoded(message.fields["subject"] ?? "")
    text = message.text("plain")
    html = message.text("html")
    links = MailLinks.all(text: text ?? "", html: html ?? "")
  }

  func isFor(_ address: String) -> Bool {
    envelope.recipients.contains { $0.lowercased() == address.lowercased() }
  }

  /// The value of the first field of that name, which is given in lower case.
  func header(_ name: String) -> String? {
    headers.first { $0.name.lowercased() == name }?.value
  }

  var json: JSON {
    var fields: [JSON.Member] = []
    for (name, value) in headers where !fields.contains(where: { $0.name == name.lowercased() }) {
      fields.append(JSON.Member(name.lowercased(), .string(value.withoutNUL)))
    }
    return [
      "id": JSON(id), "from": .string(envelope.sender),
      "to": .array(envelope.recipients.map { .string($0) }),
      "subject": .string(subject.withoutNUL), "received_at": .string(receivedAt),
      "text": JSON(text?.withoutNUL), "html": JSON(html?.withoutNUL), "headers": .object(fields),
      "links": .array(links.map { .string($0) }),
    ]
  }
}

extension String {
  /// No reader of JSON here takes one.
  fileprivate var withoutNUL: String { utf8.contains(0) ? filter { $0 != "\0" } : self }
}
