import HTTP
import Loop

/// What requests have in common that become the same statements but for the values in them; and this
/// request's own values.
///
/// Everything that was sent and that a plan can depend on is in ``key``, except the values of filters
/// and of a function's arguments, and of a body all but the names in it. Who sent it is not: no plan
/// depends on that.
struct RequestShape {
  private(set) var key: [UInt8] = []
  let parameters: QueryParameters
  /// Of each parameter its value as a statement binds it, where ``key`` lacks it.
  private(set) var values: [[UInt8]?]
  private(set) var payload: Payload?
  /// Of a body; as in most requests, without parameters.
  private let isJSON: Bool

  /// A longer one is not worth keeping.
  private static let keyLimit = 4096
  private static let bodyLimit = 65_536

  /// Nil for a request whose plan is made anew: most of all one that will be refused.
  init?(_ request: Request) {
    guard request.method != .options else { return nil }
    guard let parameters = try? QueryParameters(request.queryBytes) else { return nil }
    self.parameters = parameters
    values = []
    isJSON = request.withHeader("content-type") { $0.equals("application/json") } ?? true
    values.reserveCapacity(parameters.pairs.count)
    key.reserveCapacity(256)
    add(request.method.rawValue)
    // Several fields of that name are put together.
    guard request.count(of: "prefer") <= 1 else { return nil }
    for name in Self.fields {
      request.withHeader(name) { key.append(contentsOf: $0) }
      key.append(0)
    }
    let isCall = request.withPath { path in
      key.append(contentsOf: path)
      key.append(0)
      return Self.isCall(path)
    }
    key.append(number: parameters.pairs.count)
    for pair in parameters.pairs { add(pair, isCall: isCall) }
    guard key.count <= Self.keyLimit else { return nil }
  }

  /// - Returns: false when no plan is kept for requests with such bodies.
  mutating func add(body: [UInt8]) -> Bool {
    guard isJSON, body.count <= Self.bodyLimit, let payload = try? Payload(json: body),
      payload.groups.count == 1, let columns = payload.groups.first?.columns
    else { return false }
    key.append(payload.shape == .array ? UInt8(ascii: "[") : UInt8(ascii: "{"))
    for column in columns {
      key.append(number: column.utf8.count)
      key.append(contentsOf: column.utf8)
    }
    self.payload = payload
    return key.count <= Self.keyLimit
  }

  // MARK: - Parts

  /// The fields of the head that a plan depends on.
  private static let fields: [StaticString] = [
    "accept", "prefer", "accept-profile", "content-profile", "range", "content-type",
  ]

  private static func isCall(_ path: UnsafeRawBufferPointer) -> Bool {
    let mark: StaticString = "/rpc/"
    return path.indices.contains { start in
      start + 5 <= path.count && path[start] == UInt8(ascii: "/")
        && UnsafeRawBufferPointer(rebasing: path[start..<(start + 5)]).equals(mark)
    }
  }

  private mutating func add(_ text: String) {
    key.append(contentsOf: text.utf8)
    key.append(0)
  }

  private mutating func add(_ pair: QueryParameters.Pair, isCall: Bool) {
    add(pair.name)
    guard !Query.isReserved(pair.name) else { return add(whole: pair) }
    let filter = try? Filter.parse(Self.anyField, pair.value)
    guard let filter else {
      // An argument, or else a mistake, of which no plan is kept.
      guard isCall else { return add(whole: pair) }
      key.append(UInt8(ascii: "a"))
      key.append(0)
      values.append(Array(pair.value.utf8))
      return
    }
    // What looks like a filter may be the argument of a function.
    guard !isCall else { return add(whole: pair) }
    key.append(filter.isNegated ? UInt8(ascii: "!") : UInt8(ascii: "o"))
    add(filter.operation.kind)
    values.append(filter.operation.boundValue.map { Array($0.utf8) })
  }

  private mutating func add(whole pair: QueryParameters.Pair) {
    key.append(UInt8(ascii: "="))
    add(pair.value)
    values.append(nil)
  }

  private static let anyField = rest.Field(name: "")
}

extension Operation {
  /// All of it but its value.
  fileprivate var kind: String {
    switch self {
    case .compare(let comparison, _): comparison.rawValue
    case .compareMany(let comparison, .any, _): "\(comparison.rawValue)(any)"
    case .compareMany(let comparison, .all, _): "\(comparison.rawValue)(all)"
    case .isIn: "in"
    case .isKnown(let truth): "is.\(truth.rawValue)"
    case .isDistinct: "isdistinct"
    case .search(let syntax, let configuration, _):
      configuration.map { "\(syntax.rawValue)(\($0))" } ?? syntax.rawValue
    }
  }
}

extension [UInt8] {
  fileprivate mutating func append(number: Int) {
    Swift.withUnsafeBytes(of: Int32(truncatingIfNeeded: number)) { append(contentsOf: $0) }
  }
}
