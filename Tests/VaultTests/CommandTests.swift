import Testing

@testable import vault

@Suite("What the vault's command is asked")
struct CommandTests {
  @Test(
    "is read from its arguments",
    arguments: [
      ("set A", .set(name: "A", description: "")),
      ("set A --description key", .set(name: "A", description: "key")),
      ("set --description key A", .set(name: "A", description: "key")),
      ("list", .list), ("forget A", .forget(name: "A")), ("keys", .keys),
      ("rotate", .rotate(batch: 1000)), ("rotate --batch 7", .rotate(batch: 7)),
      ("retire k1", .retire(key: "k1")), ("--help", .help), ("", .help),
      ("--describe", .describe),
    ] as [(String, Command)]
  )
  func isRead(line: String, expected: Command) throws {
    #expect(try Command(line.split(separator: " ").map(String.init)) == expected)
  }

  @Test(
    "is refused when it is nothing, above all a secret among the arguments",
    arguments: [
      "set", "set A ya29.secret", "list A", "forget", "rotate A", "rotate --batch 0",
      "rotate --batch x", "rotate --batch", "retire", "sing", "--describe A",
    ]
  )
  func isRefused(line: String) {
    let error = #expect(throws: Command.Wrong.self) {
      try Command(line.split(separator: " ").map(String.init))
    }
    #expect(error?.description.contains("ya29") == false)
  }

  @Test("takes a value without the line break at its end, and no more")
  func trims() throws {
    for (given, value) in [
      ("a", "a"), ("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), (" a ", " a "),
    ] {
      #expect(try SecretInput.value(Array(given.utf8)) == Array(value.utf8))
    }
    for wrong in ["", "\n", "\r\n", String(repeating: "x", count: 65537)] {
      #expect(throws: SecretInput.Refused.self) { try SecretInput.value(Array(wrong.utf8)) }
    }
  }

  @Test("lays out columns")
  func laysOut() {
    let lines = Table.lines(["NAME", "KEY"], [["long name", "k1"], ["x", ""]])
    #expect(lines == ["NAME       KEY", "long name  k1", "x"])
  }
}
