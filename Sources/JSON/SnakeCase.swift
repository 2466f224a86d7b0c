extension String {
  /// `avatarUrl` as `avatar_url`: how Swift's names appear on the wire and in SQL.
  package var snakeCased: String {
    guard utf8.contains(where: { $0 >= 0x41 && $0 <= 0x5A }) else { return self }
    var text = ""
    for character in self {
      if character.isASCII, character.isUppercase {
        if !text.isEmpty { text.append("_") }
        text.append(character.lowercased())
      } else {
        text.append(character)
      }
    }
    return text
  }
}
