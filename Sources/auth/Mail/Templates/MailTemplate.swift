import JSON

/// A text with variables in it: `{{ .ConfirmationURL }}`, `{{ .Data.name }}`.
struct MailTemplate: Sendable {
  /// What a value must not become part of.
  enum Format: Sendable {
    case text
    case html
  }

  private enum Piece: Sendable {
    case literal(String)
    case variable(MailVariable, at: HTMLPlace)
  }

  private let format: Format
  private var pieces: [Piece] = []

  /// - Parameter name: what errors call it: its file.
  /// - Throws: ``MailTemplateError`` for what it can't fill in.
  init(_ source: String, _ format: Format, name: String) throws(MailTemplateError) {
    self.format = format
    var rest = source[...]
    while let opening = rest.firstRange(of: "{{") {
      let literal = String(rest[..<opening.lowerBound])
      if !literal.isEmpty { pieces.append(.literal(literal)) }
      let before = source[..<opening.lowerBound]
      guard let closing = rest[opening.upperBound...].firstRange(of: "}}") else {
        throw MailTemplateError(name, before, "'{{' has no '}}'")
      }
      let text = rest[opening.upperBound..<closing.lowerBound]
      guard let variable = MailVariable(text) else {
        throw MailTemplateError(name, before, "'{{\(text)}}' is no variable")
      }
      let place = format == .html ? HTMLPlace(after: before) : .content
      if case .forbidden(let reason) = place { throw MailTemplateError(name, before, reason) }
      pieces.append(.variable(variable, at: place))
      rest = rest[closing.upperBound...]
    }
    if !rest.isEmpty { pieces.append(.literal(String(rest))) }
  }

  var variables: [MailVariable] {
    pieces.compactMap { if case .variable(let variable, _) = $0 { variable } else { nil } }
  }

  func rendered(with content: MailContent) -> String {
    pieces.map { piece in
      switch piece {
      case .literal(let text): return text
      case .variable(let variable, let place):
        // In a text a line break would make a paragraph of a name.
        let value = variable.value(in: content).onOneLine
        return format == .html ? place.escaped(value) : value
      }
    }.joined()
  }
}

/// A template that can't be used, and where.
struct MailTemplateError: Error, CustomStringConvertible {
  let description: String

  init(_ name: String, _ problem: String) {
    description = "the mail template \(name): \(problem)"
  }

  /// - Parameter source: what comes before.
  init(_ name: String, _ source: Substring, _ problem: String) {
    self.init("\(name), line \(source.count { $0.isNewline } + 1)", problem)
  }
}

extension String {
  /// With a blank for each control character and separator of lines.
  fileprivate var onOneLine: String {
    let scalars = unicodeScalars.map { scalar in
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator: " " as Unicode.Scalar
      default: scalar
      }
    }
    return String(String.UnicodeScalarView(scalars))
  }
}
