import HTTP
import JSON
import Loop

/// Which part of the outside world fails next, and how: `/faults`.
@Loop
final class FaultSwitches {
  private var faults: [String: Fault] = [:]

  /// Takes one of the failures that a target is to have, if it is of one of these kinds.
  func take(_ target: String, _ modes: Set<Fault.Mode>) -> Fault? {
    guard var fault = faults[target], modes.contains(fault.mode) else { return nil }
    fault.next -= 1
    faults[target] = fault.next > 0 ? fault : nil
    return fault
  }

  func answer(_ visit: Visit) async throws(Refusal) -> Response {
    switch visit.request.method {
    case .get, .head: break
    case .post: try set(await visit.json())
    case .delete: try clear(visit["target"])
    default: throw .method("GET, POST, DELETE")
    }
    let members = faults.sorted { $0.key < $1.key }.map { JSON.Member($0.key, $0.value.json) }
    return Response(json: JSON.object(members).bytes)
  }

  /// All of `{"<target>": {"mode": …, "next": …, "status": …} or null}`, or nothing.
  private func set(_ json: JSON) throws(Refusal) {
    guard case .object(let members) = json else { throw Refusal(422, "it must be an object") }
    var changed = faults
    for member in members {
      try check(member.name)
      changed[member.name] =
        member.value == .null ? nil : try Fault(member.value, for: member.name)
    }
    faults = changed
  }

  private func clear(_ target: String?) throws(Refusal) {
    guard let target else { return faults.removeAll() }
    try check(target)
    faults[target] = nil
  }

  private func check(_ target: String) throws(Refusal) {
    guard FaultTarget(rawValue: target) != nil else {
      let names = FaultTarget.allCases.map(\.rawValue).joined(separator: ", ")
      throw Refusal(422, "there is no target '\(target)', but \(names)")
    }
  }
}
