import JSON
import Testing

@testable import rest

@Suite("The grammar")
struct GrammarTests {
  @Test(
    "reads what is selected",
    arguments: [
      ("", []), ("*", [.all]),
      (
        "a,b",
        [
          .field(Field(name: "a"), alias: nil, cast: nil),
          .field(Field(name: "b"), alias: nil, cast: nil),
        ]
      ),
      ("x:a::text", [.field(Field(name: "a"), alias: "x", cast: "text")]),
      (
        "d->k->0->>z::int",
        [
          .field(
            Field(
              name: "d",
              path: [
                JSONStep(key: .name("k"), isText: false), JSONStep(key: .index(0), isText: false),
                JSONStep(key: .name("z"), isText: true),
              ]
            ),
            alias: nil,
            cast: "int"
          )
        ]
      ),
      (#""a,b":"c.d""#, [.field(Field(name: "c.d"), alias: "a,b", cast: nil)]),
      ("some-name", [.field(Field(name: "some-name"), alias: nil, cast: nil)]),
      ("r()", [.relation(Embedding(name: "r"))]),
      (
        "x:r!h!inner(*)",
        [.relation(Embedding(name: "r", alias: "x", hint: "h", isInner: true, items: [.all]))]
      ),
      (
        "...r(a)",
        [
          .relation(
            Embedding(
              name: "r",
              isSpread: true,
              items: [.field(Field(name: "a"), alias: nil, cast: nil)]
            )
          )
        ]
      ),
    ] as [(String, [SelectItem])]
  )
  func select(text: String, items: [SelectItem]) throws {
    #expect(try SelectItem.items(text) == items)
  }

  @Test(
    "says where what is selected can't be read",
    arguments: [
      ("a,", 3), (",a", 1), ("a(", 3), ("a(b", 4), ("a)", 2), ("a::", 4), ("x:", 3), ("...a", 5),
      ("a!", 3), ("a!h", 4), ("a!h!i(b)", 6), ("a->", 4), (#""a"#, 3), ("a.b", 4), ("(a)", 1),
    ]
  )
  func selectErrors(text: String, column: Int) throws {
    let refusal = try #require(throws: Refusal.self) { try SelectItem.items(text) }
    #expect(refusal.code == "PGRST100")
    #expect(
      refusal.message == "\"failed to parse select parameter (\(text))\" (line 1, column \(column))"
    )
  }

  @Test(
    "says where a filter can't be read",
    arguments: [
      ("", 1), ("1", 1), ("eq", 1), ("eqx.1", 1), ("not.1", 5), ("is.x", 4), ("in.", 4),
      ("in.(a", 6),
      ("in.(a)b", 7), (#"in.("a)"#, 8), ("eq(x).1", 3), ("cs(any).1", 3), ("fts().x", 5),
    ]
  )
  func filterErrors(text: String, column: Int) throws {
    let refusal = try #require(throws: Refusal.self) { try Filter.parse(Field(name: "a"), text) }
    #expect(refusal.message == "\"failed to parse filter (\(text))\" (line 1, column \(column))")
  }

  @Test(
    "says where a logic tree or an order can't be read",
    arguments: [
      ("", 1), ("()", 2), ("(a)", 3), ("(a.eq.1", 8), ("(a.eq.1))", 9), ("(and(a.eq.1)", 13),
      ("(,)", 2),
    ]
  )
  func logicErrors(text: String, column: Int) throws {
    let name = LogicName(isAny: true, isNegated: false)
    let refusal = try #require(throws: Refusal.self) { try Condition.parse(name, text) }
    #expect(
      refusal.message == "\"failed to parse logic tree (\(text))\" (line 1, column \(column))"
    )
  }

  @Test("is not nested without end", arguments: [100, 100_000])
  func depth(levels: Int) throws {
    let select = String(repeating: "a(", count: levels) + String(repeating: ")", count: levels)
    #expect(throws: Refusal.self) { try SelectItem.items(select) }
    let tree = String(repeating: "(or", count: levels)
    let name = LogicName(isAny: true, isNegated: false)
    #expect(throws: Refusal.self) { try Condition.parse(name, tree) }
  }

  @Test("reads an order")
  func order() throws {
    #expect(
      try OrderTerm.terms("a.desc.nullslast,b->>c,r(d).asc") == [
        OrderTerm(field: Field(name: "a"), isDescending: true, nullsFirst: false),
        OrderTerm(field: Field(name: "b", path: [JSONStep(key: .name("c"), isText: true)])),
        OrderTerm(relation: "r", field: Field(name: "d"), isDescending: false),
      ]
    )
    for text in ["a.up", "a,", "a.asc.desc", "a.nullsfirst.asc", "r(a", "a b.c"] {
      #expect(throws: Refusal.self, "\(text)") { try OrderTerm.terms(text) }
    }
  }

  @Test("decodes parameters, and refuses what is no text")
  func parameters() throws {
    let parameters = try QueryParameters(Array("a=b+c&%61%3D=%22%C3%A9%22&x&=&d==%".utf8))
    #expect(
      parameters.pairs.map { [$0.name, $0.value] } == [
        ["a", "b c"], ["a=", "\"é\""], ["x", ""], ["", ""], ["d", "=%"],
      ]
    )
    for query in ["a=%FF", "a=%00", "%C3=b"] {
      #expect(throws: Refusal.self) { try QueryParameters(Array(query.utf8)) }
    }
  }

  @Test("takes preferences from several fields, and says what it does not know")
  func preferences() {
    var preferences = Preferences()
    preferences.add("return=representation, count=exact,foo=bar")
    preferences.add("handling=strict,max-affected=3, count=planned, return=all, max-affected=-1")
    #expect(preferences.returning == .representation)
    #expect(preferences.count == .exact)
    #expect(preferences.affectedLimit == 3)
    #expect(preferences.invalid == ["foo=bar", "return=all", "max-affected=-1"])
  }

  @Test(
    "chooses the form of the answer",
    arguments: [
      (nil, .array(isStripped: false)), ("*/*", .array(isStripped: false)), ("text/csv", .csv),
      ("application/vnd.pgrst.object+json", .object(isStripped: false)),
      ("application/vnd.pgrst.object+json;nulls=stripped", .object(isStripped: true)),
      ("application/vnd.pgrst.array+json;nulls=stripped", .array(isStripped: true)),
      ("text/html, application/json;q=0.5, text/csv;q=0.9", .csv),
      ("text/html, */*;q=0.1", .array(isStripped: false)),
    ] as [(String?, MediaType)]
  )
  func media(accept: String?, type: MediaType) throws {
    #expect(try MediaType.accepted(accept) == type)
  }

  @Test("notes a body's members, whatever is in them")
  func payload() throws {
    let payload = try Payload(
      json: Array(#" [{"a":{"x":[1,{}]},"b\u0041":"}"} , {"bA":1,"a":2}, {"a":1,"a":2}, {}] "#.utf8)
    )
    #expect(payload.shape == .array)
    #expect(payload.groups.map(\.columns) == [["a", "bA"], ["a"], []])
    #expect(payload.groups.map(\.objects.count) == [2, 1, 1])
    #expect(throws: Refusal.self) { try payload.columns }
    for text in ["[1,2]", "\"x\"", "null", "1.5e3"] {
      #expect(try Payload(json: Array(text.utf8)).shape == .other)
    }
    let bad = [
      "", "{", "{a:1}", "[1,]", "{\"a\":01}", "{\"a\":1}x", "[\"\u{1}\"]", "tru", "{\"a\" 1}", "-",
      "1.",
    ]
    for text in bad + [String(repeating: "[", count: 100_000)] {
      #expect(throws: Refusal.self) { try Payload(json: Array(text.utf8)) }
    }
  }

  @Test("reads CSV")
  func csv() throws {
    let json = try CSVReader.json(Array("a,\"b\"\"c\"\r\n1,NULL\n\"x,\ny\",\"NULL\"\n".utf8))
    #expect(
      try JSON(parsing: json) == [["a": "1", "b\"c": nil], ["a": "x,\ny", "b\"c": "NULL"]]
    )
    for text in ["", "a,b\n1\n", "a\n\"x", "a\n\"x\"y\n"] {
      #expect(throws: Refusal.self) { try CSVReader.json(Array(text.utf8)) }
    }
  }

  @Test("finds the columns of a view in its query, and not those of queries inside it")
  func viewRule() {
    let rule = """
      ({QUERY :commandType 1 :rtable ({RTE :subquery {QUERY :targetList ({TARGETENTRY :expr {VAR \
      :varno 1} :resno 1 :resname inner :resorigtbl 7 :resorigcol 7 :resjunk false})}}) :targetList \
      ({TARGETENTRY :expr {VAR :varno 1} :resno 1 :resname a\\ \\{b :ressortgroupref 0 :resorigtbl 16390 \
      :resorigcol 2 :resjunk false} {TARGETENTRY :expr {CONST :constvalue 4 [ 1 0 ]} :resno 2 \
      :resname c :resorigtbl 0 :resorigcol 0 :resjunk false} {TARGETENTRY :resno 3 :resname d \
      :resorigtbl 16390 :resorigcol 5 :resjunk true}) :override 0})
      """
    #expect(
      ViewRule(rule).origins == [ViewRule.Origin(column: 1, relation: 16390, number: 2)]
    )
  }
}
