import Glibc
import JSON
import Testing

@testable import auth

@Suite("A mail template")
struct MailTemplateTests {
  private static let content = MailContent(
    .confirmation,
    to: "ann@example.com",
    confirmationURL: "https://api.example/verify?token=abc&type=signup",
    token: "123456",
    tokenHash: "abc",
    siteURL: "https://app.example",
    email: "ann+x@example.com",
    newEmail: "new@example.com",
    redirectTo: "https://app.example/a?b=1&c=2",
    data: [
      "name": "<script>alert('1')</script> & \"co\"", "lines": "a\r\n\r\nb\u{2028}c",
      "n": .number("1.5"),
      "yes": true, "none": nil, "list": [1], "deep": ["er": "found"], "link": "javascript:alert(1)",
      "LINK": "JaVaScRiPt:alert(1)",
    ]
  )

  private func html(_ source: String) throws -> String {
    try MailTemplate(source, .html, name: "t").rendered(with: Self.content)
  }

  @Test(
    "fills in what it knows",
    arguments: [
      ("{{ .Token }}", "123456"), ("{{.Token}}", "123456"), ("a{{ .TokenHash }}b", "aabcb"),
      ("{{ .SiteURL }}/{{ .TokenHash }}", "https://app.example/abc"),
      ("{{ .Email }} {{ .NewEmail }}", "ann+x@example.com new@example.com"),
      ("{{ .Data.n }} {{ .Data.yes }}", "1.5 true"), ("{{ .Data.deep.er }}", "found"),
      ("[{{ .Data.none }}{{ .Data.missing }}{{ .Data.list }}{{ .Data.n.x }}]", "[]"),
      ("", ""), ("no { variable }", "no { variable }"), ("{{\n\t.Token }}", "123456"),
    ]
  )
  func fillsIn(source: String, expected: String) throws {
    #expect(try html(source) == expected)
    let text = try MailTemplate(source, .text, name: "t")
    #expect(text.rendered(with: Self.content) == expected)
  }

  @Test("makes no markup of a value")
  func escapes() throws {
    let escaped = "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;co&quot;"
    #expect(try html("<p>{{ .Data.name }}</p>") == "<p>\(escaped)</p>")
    #expect(try html("<p title='{{ .Data.name }}'>") == "<p title='\(escaped)'>")
    #expect(
      try html("<a href=\"{{ .ConfirmationURL }}\">")
        == "<a href=\"https://api.example/verify?token=abc&amp;type=signup\">"
    )
  }

  @Test("makes one parameter of a value in a link")
  func encodes() throws {
    #expect(
      try html("<a href='{{ .SiteURL }}/c?t={{ .TokenHash }}&e={{ .Email }}&n={{ .RedirectTo }}'>")
        == "<a href='https://app.example/c?t=abc&e=ann%2Bx%40example.com"
        + "&n=https%3A%2F%2Fapp.example%2Fa%3Fb%3D1%26c%3D2'>"
    )
  }

  @Test("makes no script of a link", arguments: ["link", "LINK", "name", "none"])
  func hasNoScripts(name: String) throws {
    #expect(try html("<a href=\"{{ .Data.\(name) }}\">x</a>") == "<a href=\"#\">x</a>")
  }

  @Test("makes no paragraph of a value")
  func keepsLines() throws {
    let template = try MailTemplate("Dear {{ .Data.lines }},", .text, name: "t")
    #expect(template.rendered(with: Self.content) == "Dear a    b c,")
  }

  @Test(
    "says where it can't be used",
    arguments: [
      ("{{ .Tokens }}", "t, line 1: '{{ .Tokens }}' is no variable"),
      ("a\nb\n{{ Token }}", "t, line 3: '{{ Token }}' is no variable"),
      ("\n{{ .Token", "t, line 2: '{{' has no '}}'"), ("{{}}", "'{{}}' is no variable"),
      ("{{ .Data }}", "'{{ .Data }}' is no variable"),
      ("{{ .Data. }}", "'{{ .Data. }}' is no variable"),
      ("{{ .Token.x }}", "'{{ .Token.x }}' is no variable"),
      ("{{ if .Token }}", "'{{ if .Token }}' is no variable"),
      ("<a href={{ .SiteURL }}>", "a variable in a tag needs quotes around it"),
      ("<p {{ .Data.x }}>", "a variable in a tag needs quotes around it"),
      ("<p class=\"a\" {{ .Data.x }}>", "a variable in a tag needs quotes around it"),
      ("<script>let x = '{{ .Token }}'</script>", "no variable can stand in <script>"),
      ("<STYLE>{{ .Data.x }}", "no variable can stand in <style>"),
    ]
  )
  func saysWhere(source: String, problem: String) {
    let error = #expect(throws: MailTemplateError.self) {
      _ = try MailTemplate(source, .html, name: "t")
    }
    #expect(error?.description.hasSuffix(problem) == true, "\(String(describing: error))")
  }

  @Test(
    "is there for each kind of mail, and holds what the mail is for",
    arguments: MailContent.Kind.allCases
  )
  func isThere(kind: MailContent.Kind) throws {
    var content = Self.content
    content.kind = kind
    let text = try MailTemplates().text(of: content)
    #expect(!text.subject.isEmpty && text.html.hasPrefix("<!doctype html>"))
    for part in [text.text, text.html] {
      #expect(part.contains("123456") && !part.contains("{{"))
    }
    guard kind != .reauthentication else { return }
    #expect(text.text.contains(content.confirmationURL))
    #expect(
      text.html.contains("href=\"https://api.example/verify?token=abc&amp;type=signup\"")
    )
  }
}

@Suite("A folder of mail templates")
struct MailTemplateFolderTests {
  private func folder(_ files: [String: String]) throws -> String {
    var path = Array("/tmp/streamvibe-templates-XXXXXX".utf8CString)
    try #require(mkdtemp(&path) != nil)
    let folder = path.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    for (name, text) in files {
      let file = try #require(fopen("\(folder)/\(name)", "w"))
      _ = text.withCString { fwrite($0, 1, strlen($0), file) }
      fclose(file)
    }
    return folder
  }

  private func remove(_ folder: String, _ names: some Sequence<String>) {
    for name in names { unlink("\(folder)/\(name)") }
    rmdir(folder)
  }

  private let content = MailContent(
    .confirmation,
    to: "ann@example.com",
    confirmationURL: "https://api.example/",
    token: "123456",
    data: ["name": "Tom & <Ann>"]
  )

  @Test("replaces what is in it and leaves the rest")
  func replaces() throws {
    let files = [
      "confirm-signup.html": "<title>Hi {{ .Data.name }} &amp; &lt;all&gt;</title>{{ .Token }}",
      "recovery.txt": "Only {{ .ConfirmationURL }}", "notes.md": "{{ what }}",
    ]
    let folder = try folder(files)
    defer { remove(folder, files.keys) }
    let (ours, theirs) = (try MailTemplates(), try MailTemplates(folder: folder))
    let text = theirs.text(of: content)
    #expect(text.subject == "Hi Tom & <Ann> & <all>")
    #expect(text.html == "<title>Hi Tom &amp; &lt;Ann&gt; &amp; &lt;all&gt;</title>123456")
    #expect(text.text == ours.text(of: content).text)
    var other = content
    other.kind = .recovery
    #expect(theirs.text(of: other).text == "Only https://api.example/")
    #expect(theirs.text(of: other).html == ours.text(of: other).html)
    other.kind = .invite
    #expect(theirs.text(of: other) == ours.text(of: other))
  }

  @Test(
    "keeps auth's own subject where the HTML has no title",
    arguments: [
      "{{ .Token }}", "<title></title>{{ .Token }}", "<title> \n</title>{{ .Token }}",
    ]
  )
  func keepsSubject(html: String) throws {
    let folder = try folder(["confirm-signup.html": html])
    defer { remove(folder, ["confirm-signup.html"]) }
    let text = try MailTemplates(folder: folder).text(of: content)
    #expect(text.subject == "Confirm your e-mail address")
  }

  @Test("bounds a subject, whatever is in it")
  func boundsSubjects() throws {
    let folder = try folder(["confirm-signup.html": "<title>{{ .Data.name }}</title>{{ .Token }}"])
    defer { remove(folder, ["confirm-signup.html"]) }
    var content = content
    content.data = ["name": .string(String(repeating: "é", count: 100_000))]
    #expect(try MailTemplates(folder: folder).text(of: content).subject.count == 200)
  }

  @Test(
    "is refused with a file that can't be used",
    arguments: [
      ("confirm-signup.html", "<p>{{ .Code }}</p>", "confirm-signup.html, line 1: '{{ .Code }}'"),
      ("confirm-signup.html", "<p>Welcome</p>", "neither .ConfirmationURL nor .Token"),
      ("invite.txt", "Welcome {{ .Email }}", "invite.txt: it holds neither"),
      ("confirm_signup.html", "{{ .Token }}", "confirm_signup.html: there is none of this name"),
      ("recovery.txt", "\n{{ .Token", "recovery.txt, line 2: '{{' has no '}}'"),
      ("invite.html", "<title>{{ .Nothing }}</title>{{ .Token }}", "invite.html, line 1"),
      ("invite.html", String(repeating: "x", count: 300_000), "longer than"),
    ]
  )
  func isRefused(name: String, source: String, problem: String) throws {
    let folder = try folder([name: source])
    defer { remove(folder, [name]) }
    let error = #expect(throws: MailTemplateError.self) { _ = try MailTemplates(folder: folder) }
    #expect(error?.description.contains(problem) == true, "\(String(describing: error))")
  }

  @Test("is refused when it is not there, or a file is no text")
  func isUnreadable() throws {
    let missing = #expect(throws: MailTemplateError.self) {
      _ = try MailTemplates(folder: "/nowhere")
    }
    #expect(missing?.description.contains("/nowhere: the folder can't be read") == true)
    let folder = try folder([:])
    defer { remove(folder, ["invite.html"]) }
    let file = try #require(fopen("\(folder)/invite.html", "w"))
    fwrite([0xFF, 0xFE] as [UInt8], 1, 2, file)
    fclose(file)
    let binary = #expect(throws: MailTemplateError.self) { _ = try MailTemplates(folder: folder) }
    #expect(binary?.description.contains("it is not UTF-8") == true)
  }
}
