import JSON

/// How the next requests to a part of the outside world fail.
struct Fault: Sendable, Equatable {
  enum Mode: String, Sendable, CaseIterable {
    /// The request is heard to its end and answered with a failure that may pass.
    case fail
    /// It is refused for good.
    case reject
    /// It is never answered.
    case hang
    /// The connection breaks in its midst.
    case drop
  }

  let mode: Mode
  /// How many are still to fail.
  var next: Int
  /// What it is answered with; nil for the target's usual one.
  let status: Int?

  /// - Throws: ``Refusal`` that says what is wrong with it.
  init(_ json: JSON, for target: String) throws(Refusal) {
    guard case .object(let members) = json else {
      throw Refusal(422, "\(target) must be an object: {\"mode\": \"fail\", \"next\": 1}")
    }
    if let unknown = members.first(where: { !["mode", "next", "status"].contains($0.name) }) {
      throw Refusal(422, "\(target).\(unknown.name) is not known, but mode, next and status")
    }
    guard case .string(let name)? = json["mode"], let mode = Mode(rawValue: name) else {
      let modes = Mode.allCases.map(\.rawValue).joined(separator: ", ")
      throw Refusal(422, "\(target).mode must be one of \(modes)")
    }
    self.mode = mode
    next = try Self.number(json["next"], "\(target).next", in: 1...1_000_000) ?? 1
    status = try Self.number(json["status"], "\(target).status", in: 400...599)
  }

  var json: JSON {
    [
      "mode": .string(mode.rawValue), "next": JSON(next),
      "status": status.map { JSON($0) } ?? .null,
    ]
  }

  private static func number(
    _ json: JSON?,
    _ name: String,
    in range: ClosedRange<Int>
  ) throws(Refusal) -> Int? {
    switch json {
    case nil, .null?: return nil
    case .number(let digits)?:
      if let number = Int(digits), range.contains(number) { return number }
    default: break
    }
    throw Refusal(422, "\(name) must be from \(range.lowerBound) to \(range.upperBound)")
  }
}
