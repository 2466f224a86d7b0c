import Glibc
@testable import JSON
@testable import Postgres
@testable import rest

/// A query string, or behind a first `{` or `[` a body. Whatever a query asks for, the statement that is
/// made of it holds words of ours, names in quotes that the schema or its select has, and places of
/// values.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = Array(UnsafeBufferPointer(start: start, count: count))
  if let first = input.first, first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
    checkBody(input)
  } else {
    checkQuery(input)
  }
  return 0
}

// MARK: - Queries

private let schema = Schema()

private func checkQuery(_ input: [UInt8]) {
  guard let parameters = try? QueryParameters(input), let query = try? Query(parameters) else {
    return
  }
  for relation in schema.relations {
    for media in [MediaType.array(isStripped: false), .csv] {
      let plan = try? ReadPlanner.plan(
        query,
        of: relation,
        in: schema.catalog,
        schema: "public",
        rowLimit: 1000
      )
      guard let plan else { continue }
      let envelope = Envelope(media: media, hasBody: true, count: .exact, countLimit: 1000)
      TakenApart(envelope.read(plan).sql, query).check()
      checkWrites(query, relation, plan, envelope)
    }
  }
}

private func checkWrites(
  _ query: Query,
  _ relation: Relation,
  _ plan: ReadPlan,
  _ envelope: Envelope
) {
  let conditions = try? ReadPlanner.conditions(
    query,
    of: relation,
    in: schema.catalog,
    schema: "public"
  )
  guard let conditions else { return }
  let rows = WritePlan.Rows(
    columns: relation.columns,
    json: BodyText(bytes: Array("[{}]".utf8), form: .array)
  )
  let conflict = WritePlan.Conflict(columns: relation.primaryKey, resolution: .merge)
  for change: WritePlan.Change in [
    .delete, .update(rows, defaults: []), .insert([rows, rows], conflict),
  ] {
    let write = WritePlan(
      relation: relation,
      change: change,
      conditions: conditions,
      representation: plan
    )
    TakenApart(envelope.write(write, affectedLimit: 3, locates: false).sql, query).check()
  }
}

/// A statement taken apart.
private struct TakenApart {
  private let sql: SQL
  private let text: [UInt8]
  private let aliases: Set<String>
  private var position = 0
  private var places: Set<Int> = []

  init(_ sql: SQL, _ query: Query) {
    self.sql = sql
    text = Array(sql.description.utf8)
    aliases = Set(query.select.flatMap(Self.names))
  }

  mutating func checked() -> Bool {
    while position < text.count {
      switch text[position] {
      case UInt8(ascii: "\""):
        guard let name = quoted(UInt8(ascii: "\"")) else { return false }
        guard schema.names.contains(name) || aliases.contains(name) || Self.isNumbered(name) else {
          return false
        }
      case UInt8(ascii: "'"):
        guard let literal = quoted(UInt8(ascii: "'")), Self.literals.contains(literal) else {
          return false
        }
      case UInt8(ascii: "$"):
        position += 1
        guard let number = Int(word()) else { return false }
        places.insert(number)
      case let byte where byte.isLetter:
        guard Self.words.contains(word()) else { return false }
      case let byte where byte.isDigit:
        guard ["0", "1", "2", "10"].contains(word()) else { return false }
      case let byte:
        guard Self.signs.contains(byte) else { return false }
        position += 1
      }
    }
    return places == Set(1...max(1, sql.parameters.slots.count)) || places.isEmpty
  }

  func check() {
    var copy = self
    guard copy.checked() else {
      let words = Array("not ours at \(copy.position): \(sql.description)\n".utf8)
      _ = words.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
      preconditionFailure()
    }
  }

  private mutating func word() -> String {
    let start = position
    while position < text.count, text[position].isLetter || text[position].isDigit { position += 1 }
    return String(decoding: text[start..<position], as: UTF8.self)
  }

  /// What is between quotes; nil when they do not end.
  private mutating func quoted(_ quote: UInt8) -> String? {
    var inside: [UInt8] = []
    position += 1
    while position < text.count {
      let byte = text[position]
      position += 1
      if byte == quote {
        guard position < text.count, text[position] == quote else {
          return String(decoding: inside, as: UTF8.self)
        }
        position += 1
      }
      inside.append(byte)
    }
    return nil
  }

  /// The names that a select itself gives.
  private static func names(_ item: SelectItem) -> [String] {
    switch item {
    case .all: []
    case .field(let field, let alias, _): [alias ?? field.defaultAlias]
    case .relation(let embedding):
      [embedding.alias ?? embedding.name] + embedding.items.flatMap(names)
    }
  }

  /// `t0`, `e12`, …
  private static func isNumbered(_ name: String) -> Bool {
    guard let kind = name.first, "tecmog".contains(kind) else { return false }
    return Int(name.dropFirst()) != nil
  }

  private static let literals: Set<String> = [
    "[]", "response.headers", "response.status", "rest.inserted", ",", "",
  ]
  private static let signs = Set(" (),.*=<>@&|~-:".utf8)
  private static let words = Set(
    """
    select from where and or not in is null true false unknown distinct any all like ilike as on \
    left join lateral order by asc desc nulls first last limit offset count coalesce json_agg \
    row_to_json to_jsonb to_tsvector to_tsquery plainto_tsquery phraseto_tsquery \
    websearch_to_tsquery regconfig case when then end total page body headers status text nullif \
    current_setting string_agg concat chr rest csv_field r j s n bigint with insert into update set \
    delete returning conflict do excluded default json_to_recordset at_most affected inserted union \
    count_inserted nothing t0 answer_headers answer_status
    """.split(separator: " ").map(String.init)
  )
}

extension UInt8 {
  fileprivate var isLetter: Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) || self == UInt8(ascii: "_")
  }
}

/// Two tables and what is between them.
private struct Schema {
  let relations: [Relation]
  let catalog: Catalog
  let names: Set<String>

  init() {
    func type(_ name: String) -> QualifiedName { QualifiedName(schema: "pg_catalog", name: name) }
    func column(_ name: String, _ of: String) -> Column {
      Column(name: name, type: type(of), baseType: type(of))
    }
    let a = Relation(
      QualifiedName(schema: "public", name: "a"),
      columns: [
        column("id", "int4"), column("t", "text"), column("d", "jsonb"), column("v", "tsvector"),
        column("b_id", "int4"), column("x\"y", "text"),
      ],
      primaryKey: ["id"]
    )
    let b = Relation(
      QualifiedName(schema: "public", name: "b"),
      columns: [column("id", "int4"), column("n", "text")],
      primaryKey: ["id"]
    )
    relations = [a, b]
    let pair = Relationship.Pair(own: "b_id", foreign: "id")
    let back = Relationship.Pair(own: "id", foreign: "b_id")
    let links = [
      Relationship(
        origin: a.name,
        target: b.name,
        cardinality: .manyToOne,
        constraint: "a_b",
        pairs: [pair],
        isOutgoing: true,
        leadsToView: false
      ),
      Relationship(
        origin: b.name,
        target: a.name,
        cardinality: .oneToMany,
        constraint: "a_b",
        pairs: [back],
        isOutgoing: false,
        leadsToView: false
      ),
    ]
    let types = ["int4", "text", "jsonb"].map { ($0, type($0)) }
    catalog = Catalog(
      schemas: ["public"],
      relations: relations,
      relationships: links,
      routines: [],
      roleSettings: [:],
      types: Dictionary(uniqueKeysWithValues: types)
    )
    names = Set(
      relations.flatMap { $0.columns.map(\.name) }
        + [
          "j", "public", "a", "b", "pg_catalog", "int4", "text", "jsonb", "tsvector", "_int4",
          "_text",
          "_jsonb",
        ]
    )
  }
}

// MARK: - Bodies

/// What the strict reader takes, this one takes too, and finds the same members.
private func checkBody(_ input: [UInt8]) {
  let payload = try? Payload(json: input)
  guard let value = try? JSON(parsing: input) else { return }
  guard let payload else { preconditionFailure("JSON was refused") }
  let objects: [JSON] = if case .array(let elements) = value { elements } else { [value] }
  guard objects.allSatisfy({ if case .object = $0 { true } else { false } }) else {
    precondition(payload.shape == .other)
    return
  }
  precondition(payload.count == objects.count)
  for group in payload.groups {
    let again = try? JSON(parsing: payload.text(of: group))
    guard case .array(let members)? = again else { preconditionFailure("a group is no array") }
    for case .object(let object) in members {
      precondition(Set(object.map(\.name)) == Set(group.columns))
    }
  }
}
