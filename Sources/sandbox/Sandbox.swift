import Core
import HTTP
import JSON
import Loop

/// The process: the parts of the outside world that it stands in for, and the switches that make
/// them fail.
@Loop
final class Sandbox: Responder {
  /// Where the dispatcher forwards to it; paths are the same with and without it.
  private nonisolated static let prefix = "/sandbox"

  nonisolated static let profile = ProcessProfile(
    "sandbox",
    "Stands in for the outside world: platforms and a mail server, which fail when they are told to.",
    paths: [prefix],
    login: nil,
    settings: World.settings,
    isLocal: true
  )

  let world: World
  private let admin: Admin

  init(_ environment: ProcessEnvironment) throws {
    world = try World(environment.configuration)
    admin = Admin(world)
  }

  func respond(_ context: RequestContext) async -> Response {
    let path = context.request.path
    let isMounted = path == Self.prefix || path.hasPrefix(Self.prefix + "/")
    let inner = isMounted ? path.dropFirst(Self.prefix.count) : path[...]
    let visit = Visit(
      context.request,
      segments: inner.split(separator: "/").map { String($0).percentDecoded ?? "" },
      base: isMounted ? Self.prefix : ""
    )
    do throws(Refusal) {
      if visit.segments == ["faults"] { return try await world.faults.answer(visit) }
      if visit.segments.isEmpty {
        try visit.require(.get, .head)
        return OverviewPage.response(world, visit)
      }
      if let response = try await admin.answer(visit) { return response }
      for emulator in world.emulators {
        if let response = try await emulator.answer(visit) { return response }
      }
      throw Refusal(404, "there is nothing at this path")
    } catch {
      return error.response
    }
  }

  func refuse(_ error: ProtocolError, requestID: String) -> Response {
    Refusal(error.status, "this is not valid HTTP").response
  }

  func stop() async {
    for emulator in world.emulators { emulator.stop() }
  }
}
