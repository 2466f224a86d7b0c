/// The words of each kind of mail: auth's own, or those of a deployer's folder.
struct MailTemplates: Sendable {
  /// What a template makes of a mail's content.
  struct Text: Sendable, Equatable {
    let subject: String
    let text: String
    let html: String
  }

  private struct Entry: Sendable {
    /// From the `<title>` of its HTML.
    let subject: MailTemplate
    let text: MailTemplate
    let html: MailTemplate
  }

  /// The most characters of a subject: a name in it can be of any length.
  private static let subjectLimit = 200

  private let entries: [MailContent.Kind: Entry]

  /// - Parameter folder: one whose files stand in place of auth's own where they are there:
  ///   `confirm-signup.html`, `confirm-signup.txt`, and so on for each
  ///   ``MailContent/Kind/fileName``.
  /// - Throws: ``MailTemplateError`` for a file that can't be used or belongs to no mail.
  init(folder: String? = nil) throws(MailTemplateError) {
    let replaced = try folder.map(MailTemplateFolder.files(in:)) ?? [:]
    var entries: [MailContent.Kind: Entry] = [:]
    for kind in MailContent.Kind.allCases {
      entries[kind] = try Self.entry(kind, replaced)
    }
    self.entries = entries
  }

  func text(of content: MailContent) -> Text {
    guard let entry = entries[content.kind] else { return Text(subject: "", text: "", html: "") }
    let subject = entry.subject.rendered(with: content).unicodeScalars.prefix(Self.subjectLimit)
    return Text(
      subject: String(subject),
      text: entry.text.rendered(with: content),
      html: entry.html.rendered(with: content)
    )
  }

  private static func entry(
    _ kind: MailContent.Kind,
    _ replaced: [String: String]
  ) throws(MailTemplateError) -> Entry {
    let (html, text) = ("\(kind.fileName).html", "\(kind.fileName).txt")
    let words = MailWords.of(kind)
    let source = replaced[html] ?? words.html
    let title = source.htmlTitle ?? words.html.htmlTitle ?? ""
    let entry = Entry(
      subject: try MailTemplate(title, .text, name: html),
      text: try MailTemplate(replaced[text] ?? words.text, .text, name: text),
      html: try MailTemplate(source, .html, name: html)
    )
    for (name, template) in [(html, entry.html), (text, entry.text)]
    where !template.variables.contains(where: \.isKey) {
      throw MailTemplateError(name, "it holds neither .ConfirmationURL nor .Token nor .TokenHash")
    }
    return entry
  }
}

extension MailContent.Kind {
  /// Of its files, without what they end with.
  var fileName: String {
    switch self {
    case .confirmation: "confirm-signup"
    case .recovery: "recovery"
    case .magicLink: "magic-link"
    case .emailChange: "email-change"
    case .invite: "invite"
    case .reauthentication: "reauthentication"
    }
  }
}

extension String {
  /// The text of `<title>`; nil when there is none.
  fileprivate var htmlTitle: String? {
    guard let start = firstRange(of: "<title>")?.upperBound,
      let end = self[start...].firstRange(of: "</title>")?.lowerBound
    else { return nil }
    // The ampersand comes last, so that nothing is decoded twice.
    let entities = [
      ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&"),
    ]
    let title = entities.reduce(String(self[start..<end])) { text, entity in
      text.split(separator: entity.0, omittingEmptySubsequences: false).joined(separator: entity.1)
    }
    return title.contains { !$0.isWhitespace } ? title : nil
  }
}
