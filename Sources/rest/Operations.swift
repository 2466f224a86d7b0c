import Core
import HTTP
import JSON

extension Interface {
  /// Which tables and functions there are is the database's to say: all of them are answered so.
  static let rest = Interface(
    OperationProfile.tables + OperationProfile.routines + OperationProfile.root,
    schemas: [
      JSON.Member("Rows", ["type": "array", "items": .schema("Row")]),
      JSON.Member("Row", ["type": "object"]),
      JSON.Member("Error", .restError),
    ]
  )
}

extension OperationProfile {
  fileprivate static let tables = [
    rest(.get, table, "Rows of a table or a view.", [.table] + .filtering + .paging, .rows),
    rest(.head, table, "The head of what GET answers.", [.table] + .filtering + .paging, .heads),
    rest(
      .post,
      table,
      "Makes rows, or merges them into those that are there.",
      [.table, .select, .columns, .conflict, .prefer, .contentProfile],
      body: .rows,
      .written([200, 201])
    ),
    rest(
      .patch,
      table,
      "Changes the rows that the filters find.",
      [.table] + .filtering + [.columns, .prefer, .contentProfile],
      body: .rows,
      .written([200, 204])
    ),
    rest(
      .put,
      table,
      "Has one row be as it is sent; the filters are its primary key.",
      [.table] + .filtering + [.columns, .prefer, .contentProfile],
      body: .rows,
      .written([200, 201, 204])
    ),
    rest(
      .delete,
      table,
      "Deletes the rows that the filters find.",
      [.table] + .filtering + [.prefer, .contentProfile],
      .written([200, 204])
    ),
  ]

  fileprivate static let routines = [
    rest(
      .get,
      routine,
      "Calls a function that changes nothing; its arguments are parameters of the query.",
      [.routine] + .filtering + .paging,
      .called
    ),
    rest(
      .head,
      routine,
      "The head of what GET answers.",
      [.routine] + .filtering + .paging,
      .heads + [Answer(204, "It returns nothing.", headers: [.applied])]
    ),
    rest(
      .post,
      routine,
      "Calls a function.",
      [.routine, .select, .filters, .order, .limit, .offset, .prefer, .contentProfile],
      body: .arguments,
      .called
    ),
  ]

  fileprivate static let root = [
    rest(
      .get,
      "",
      "Describes the tables and functions that the caller's role may use, as OpenAPI 2.0.",
      [.acceptProfile],
      [
        Answer(
          200,
          "The description.",
          [OperationProfile.Content("application/openapi+json", ["type": "object"])]
        )
      ]
    ),
    rest(
      .head,
      "",
      "The head of what GET answers.",
      [.acceptProfile],
      [Answer(200, "There is one.")]
    ),
  ]

  private static let table = "{table}"
  private static let routine = "rpc/{function}"

  private static func rest(
    _ method: HTTP.Method,
    _ path: String,
    _ summary: String,
    _ parameters: [Parameter],
    body: Body? = nil,
    _ successes: [Answer]
  ) -> OperationProfile {
    var statuses: Set = [400, 401, 404, 405, 406, 500, 503, 504]
    if path != "" { statuses.formUnion([300, 403, 409, 422, 429]) }
    if method == .get || method == .head { statuses.insert(416) }
    if path == routine { statuses.insert(416) }
    if body != nil { statuses.formUnion([408, 413]) }
    return OperationProfile(
      method,
      "/rest/v1/\(path)",
      summary,
      credentials: [.none, .apikey, .bearer, .service],
      parameters: parameters,
      body: body,
      answers: successes
        + statuses.sorted().map { .refusal($0, hasBody: method != .head) }
    )
  }
}

extension OperationProfile.Parameter {
  fileprivate static let table = Self("table", in: .path, "a table or a view")
  fileprivate static let routine = Self("function", in: .path, "a function")
  fileprivate static let select = Self(
    "select",
    in: .query,
    "columns, and related tables with theirs in brackets: id,title,author(name)"
  )
  fileprivate static let filters = Self(
    "filters",
    in: .query,
    "column=operator.value each, such as views=gte.10; an argument's name is an argument",
    ["type": "object", "additionalProperties": ["type": "string"]]
  )
  fileprivate static let order = Self("order", in: .query, "views.desc.nullslast,id")
  fileprivate static let limit = Self("limit", in: .query, "the most rows", count)
  fileprivate static let offset = Self("offset", in: .query, "rows to leave out first", count)
  fileprivate static let columns = Self(
    "columns",
    in: .query,
    "the members that count: \"a\",\"b\""
  )
  fileprivate static let conflict = Self("on_conflict", in: .query, "columns that tell rows apart")
  fileprivate static let prefer = Self(
    "Prefer",
    in: .header,
    "return=, count=, resolution=, missing=, handling=, max-affected=, timezone= (RFC 7240)"
  )
  fileprivate static let acceptProfile = Self("Accept-Profile", in: .header, "the schema")
  fileprivate static let contentProfile = Self("Content-Profile", in: .header, "the schema")
  fileprivate static let range = Self("Range", in: .header, "rows, counted from 0: 0-9")

  private static let count: JSON = ["type": "integer", "minimum": 0]
}

extension [OperationProfile.Parameter] {
  fileprivate static let filtering: Self = [
    .select, .filters, .init("and", in: .query, "filters that all hold: (a.eq.1,b.is.null)"),
    .init("or", in: .query, "filters of which one holds: (a.eq.1,b.is.null)"),
  ]
  fileprivate static let paging: Self = [
    .order, .limit, .offset, .range, .prefer, .acceptProfile,
  ]
}

extension OperationProfile.Body {
  private static let row: JSON = ["type": "object"]

  /// One row or several; several are changed alike.
  fileprivate static let rows = Self([
    .init(["oneOf": [row, ["type": "array", "items": row]]]), .init("text/csv", ["type": "string"]),
    .init("application/x-www-form-urlencoded", row),
  ])
  fileprivate static let arguments = Self(
    isRequired: false,
    [
      .init([:]), .init("application/x-www-form-urlencoded", row),
      .init("text/plain", ["type": "string"]),
      .init("application/octet-stream", ["type": "string", "format": "binary"]),
    ]
  )
}

extension OperationProfile.Header {
  fileprivate static let range = Self(
    "Content-Range",
    isRequired: true,
    "which rows, and of how many where that was asked for: 0-9/42, */*",
    ["type": "string", "pattern": #"^(\*|\d+-\d+)/(\*|\d+)$"#]
  )
  fileprivate static let applied = Self("Preference-Applied", "what of Prefer was done")
  fileprivate static let location = Self("Location", "of the one new row: return=headers-only")
}

extension [OperationProfile.Answer] {
  fileprivate static let rows: Self = [
    .init(200, "The rows.", headers: [.range, .applied], .rows),
    .init(206, "A part of the rows that were counted.", headers: [.range, .applied], .rows),
  ]
  fileprivate static let heads: Self = rows.map {
    .init($0.status, $0.purpose, headers: $0.headers)
  }
  fileprivate static let called: Self = [
    .init(200, "What it returned.", headers: [.applied], .results),
    .init(206, "A part of the rows that were counted.", headers: [.range, .applied], .rows),
    .init(204, "It returns nothing.", headers: [.applied]),
  ]

  /// A body is there only where it was preferred: return=representation.
  fileprivate static func written(_ statuses: [Int]) -> Self {
    statuses.map { status in
      .init(
        status,
        status == 204 ? "Done." : status == 201 ? "Made." : "Done; the rows, where asked for.",
        headers: [.applied, .location],
        status == 204 ? [] : .rows
      )
    }
  }
}

extension [OperationProfile.Content] {
  private static let arrays = ["application/json", MediaType.array(isStripped: true).described]
  private static let objects = [
    MediaType.object(isStripped: false), .object(isStripped: true),
  ].map(\.described)

  fileprivate static let rows: Self =
    arrays.map { .init($0, .schema("Rows")) } + objects.map { .init($0, .schema("Row")) }
    + [.init("text/csv", ["type": "string"])]
  fileprivate static let results: Self =
    (arrays + objects).map { .init($0, [:]) } + [.init("text/csv", ["type": "string"])]
}

extension MediaType {
  /// Without the character set.
  fileprivate var described: String {
    String(name.split(separator: ";").dropLast().joined(separator: ";"))
  }
}
