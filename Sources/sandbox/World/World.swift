import Core
import HTTP
import Loop

/// What the sandbox stands in for, and what its parts share.
@Loop
final class World {
  private nonisolated static let dailyUnits = Setting(
    "YOUTUBE_DAILY_UNITS",
    default: "10000",
    "the units of YouTube's quota that the project has a day"
  )
  nonisolated static let settings =
    MailServer.settings + RegisteredClient.settings + [dailyUnits]

  let clock = WorldClock()
  let catalogue = Catalogue()
  let consent: Consent
  let switches: Switches
  let faults = FaultSwitches()
  let calls: CallLog
  let mail: MailServer
  let google: PlatformState
  let instagram: PlatformState
  let tiktok: PlatformState
  private(set) lazy var youtube = YouTube(self)
  private(set) lazy var emulators: [any Emulator] = [
    mail, Google(self), youtube, Instagram(self), TikTok(self),
  ]

  /// - Throws: when one of them can't be set up.
  init(_ configuration: Configuration) throws {
    consent = Consent(catalogue)
    calls = CallLog(clock)
    switches = Switches([
      .youtubeDailyUnits: try configuration.number(Self.dailyUnits, in: 0...100_000_000)
    ])
    mail = try MailServer(configuration, faults)
    google = PlatformState(RegisteredClient(.youtube, configuration), Grants(clock))
    instagram = PlatformState(RegisteredClient(.instagram, configuration), Grants(clock))
    tiktok = PlatformState(RegisteredClient(.tiktok, configuration), Grants(clock))
  }

  func state(of platform: Platform) -> PlatformState {
    switch platform {
    case .youtube: google
    case .instagram: instagram
    case .tiktok: tiktok
    }
  }

  /// Answers a call as a platform, unless it is to fail.
  func play(
    _ target: FaultTarget,
    _ visit: Visit,
    _ part: PlatformCall.Part,
    _ answer: @Loop () async throws(Refusal) -> Response
  ) async -> Response {
    let path = "/" + visit.segments.joined(separator: "/")
    let call = PlatformCall(target: target, part: part, path: path)
    let struck = faults.take(call)
    let response: Response
    if let other = await Strike.before(struck) {
      response = other
    } else {
      do throws(Refusal) {
        response = Strike.after(struck, try await answer(), call)
      } catch {
        response = Strike.after(struck, error.response, call)
      }
    }
    calls.note(target, visit, response.status)
    return target == .youtube ? Gzip.encoded(response, for: visit.request) : response
  }

  /// Back to how all was at the start.
  func reset() {
    clock.reset()
    catalogue.reset()
    switches.reset()
    calls.reset()
    faults.reset()
    consent.standing = nil
    for platform in Platform.allCases { state(of: platform).reset() }
    for emulator in emulators { emulator.reset() }
  }
}

/// What a platform knows of the application, and what creators have granted to it.
@Loop
final class PlatformState {
  private let registered: RegisteredClient
  var client: RegisteredClient
  let grants: Grants

  init(_ client: RegisteredClient, _ grants: Grants) {
    registered = client
    self.client = client
    self.grants = grants
  }

  func reset() {
    client = registered
    grants.reset()
  }
}
