import HTTP
import JSON
import Loop

/// Which part of the outside world fails next, and how: `/faults`.
@Loop
final class FaultSwitches {
  private var faults: [FaultTarget: [Fault]] = [:]

  func reset() {
    faults = [:]
  }

  /// Takes one of the failures that a target is to have, if it is of one of these kinds.
  func take(_ target: FaultTarget, _ modes: Set<Fault.Mode>) -> Fault? {
    guard var all = faults[target],
      let place = all.firstIndex(where: { modes.contains($0.mode) })
    else { return nil }
    guard all[place].strikes() else { return nil }
    let fault = all[place]
    all.removeAll(where: \.isSpent)
    faults[target] = all.isEmpty ? nil : all
    return fault
  }

  /// All that strike this call: those that change its answer, and at the end the first that puts
  /// another in its place.
  func take(_ call: PlatformCall) -> [Fault] {
    guard var all = faults[call.target] else { return [] }
    var struck: [Fault] = []
    for place in all.indices where all[place].matches(call) {
      guard all[place].strikes() else { continue }
      struck.append(all[place])
      if all[place].mode.isFinal { break }
    }
    all.removeAll(where: \.isSpent)
    faults[call.target] = all.isEmpty ? nil : all
    return struck
  }

  func answer(_ visit: Visit) async throws(Refusal) -> Response {
    switch visit.request.method {
    case .get, .head: break
    case .post: try set(await visit.json())
    case .delete: try clear(visit["target"])
    default: throw .method("GET, POST, DELETE")
    }
    return Response(json: json.bytes)
  }

  /// What is switched on; one failure of a target stands alone, several in a list.
  var json: JSON {
    .object(
      faults.sorted { $0.key.rawValue < $1.key.rawValue }.map { target, all in
        let list = all.map(\.json)
        return JSON.Member(target.rawValue, list.count == 1 ? list[0] : .array(list))
      }
    )
  }

  /// All of `{"<target>": a failure, a list of them, or null}`, or nothing.
  private func set(_ json: JSON) throws(Refusal) {
    guard case .object(let members) = json else { throw Refusal(422, "it must be an object") }
    var changed = faults
    for member in members {
      let target = try target(member.name)
      var list: [Fault] = []
      switch member.value {
      case .null: break
      case .array(let elements):
        for element in elements { list.append(try Fault(element, for: target)) }
      default: list = [try Fault(member.value, for: target)]
      }
      changed[target] = list.isEmpty ? nil : list
    }
    faults = changed
  }

  private func clear(_ name: String?) throws(Refusal) {
    guard let name else { return reset() }
    faults[try target(name)] = nil
  }

  private func target(_ name: String) throws(Refusal) -> FaultTarget {
    guard let target = FaultTarget(rawValue: name) else {
      let names = FaultTarget.allCases.map(\.rawValue).joined(separator: ", ")
      throw Refusal(422, "there is no target '\(name)', but \(names)")
    }
    return target
  }
}
