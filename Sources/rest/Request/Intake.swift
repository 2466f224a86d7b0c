import HTTP
import Loop

/// A request with its head read: what it names, what it prefers, which form its answer shall have.
struct Intake {
  let method: HTTP.Method
  /// Without the mount.
  let path: Substring
  let target: Target
  let schema: String
  var preferences: Preferences
  let media: MediaType
  /// Of the field `Range`.
  let range: RowRange

  var isRead: Bool { method == .get || method == .head }

  @Loop
  init(_ request: Request, mounts: [String], schemas: [String]) throws {
    method = request.method
    path = Self.path(of: request, mounts)
    target = try Target(path)
    let profile =
      method == .get || method == .head
      ? request.header("accept-profile") : request.header("content-profile")
    schema = profile ?? schemas.first ?? ""
    guard schemas.contains(schema) else { throw Refusal.schema(schema, of: schemas) }
    var preferences = Preferences()
    request.forEachField { name, value in
      guard name.equalsIgnoringCase("prefer") else { return }
      preferences.add(String(decoding: value, as: UTF8.self))
    }
    self.preferences = preferences
    media = try MediaType.accepted(request.header("accept"), isDescription: target == .root)
    range = method == .get ? try RowRange(header: request.header("range")) : RowRange()
  }

  private static func path(of request: Request, _ mounts: [String]) -> Substring {
    let path = request.path
    for mount in mounts where path == mount || path.hasPrefix("\(mount)/") {
      return path.dropFirst(mount.count)
    }
    return path[...]
  }
}
