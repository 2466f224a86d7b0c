/// Finds the addresses of web pages that a mail leads to.
enum MailLinks {
  private static let limit = 200
  private static let schemes = ["https://", "http://"]
  /// What ends one in a text, and what is of the sentence at its end.
  private static let delimiters = Set<Character>("<>\"'`{}|\\^")
  private static let punctuation = Set<Character>(".,;:!?)]")

  static func all(text: String, html: String) -> [String] {
    var links: [String] = []
    for link in inText(text) + inHTML(html) where !links.contains(link) && links.count < limit {
      links.append(link)
    }
    return links
  }

  private static func inText(_ text: String) -> [String] {
    text.split { $0.isWhitespace || delimiters.contains($0) }.compactMap { word in
      guard let start = schemes.compactMap({ word.firstRange(of: $0)?.lowerBound }).min() else {
        return nil
      }
      let link = word[start...].reversed().drop(while: punctuation.contains).reversed()
      return schemes.contains(String(link)) ? nil : String(link)
    }
  }

  /// The values of `href`, in quotes.
  private static func inHTML(_ html: String) -> [String] {
    var links: [String] = []
    var rest = html[...]
    while let start = rest.firstRange(of: "href=")?.upperBound {
      rest = rest[start...]
      guard let quote = rest.first, quote == "\"" || quote == "'" else { continue }
      let value = rest.dropFirst().prefix { $0 != quote }
      let link = decoded(String(value)).trimmed
      if schemes.contains(where: link.lowercased().hasPrefix) { links.append(link) }
      rest = rest[value.endIndex...]
    }
    return links
  }

  private static func decoded(_ text: String) -> String {
    // The ampersand comes last, so that nothing is decoded twice.
    let entities = [
      ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&#x27;", "'"),
      ("&#38;", "&"), ("&amp;", "&"),
    ]
    return entities.reduce(text) { $0.replacing($1.0, with: $1.1) }
  }
}
