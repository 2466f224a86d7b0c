package import Core
import HTTP
import Loop
package import Postgres

extension Setting {
  package static let syncLease = Setting(
    "SYNC_LEASE_SECONDS",
    default: "30",
    "how long an account waits for its next sync when a process has died during one"
  )
}

extension Platform {
  /// What a sync reads from its environment.
  package var syncSettings: [Setting] {
    settings + [.syncLease] + (self == .youtube ? [.youtubeDailyUnits] : [])
  }

  /// How many of the newest items a sync reads that once a week looks for what is gone; nil for
  /// all. The others are asked for by their ids: at YouTube that costs a unit for fifty, where
  /// their page and its videos cost two, and TikTok's pages are too many to be read in a request.
  /// Instagram tells of one id a call, and lists ten thousand items at most.
  var weeklyItems: Int? { self == .instagram ? nil : 2000 }

  /// How well links and syncs go on the platform.
  package var gauges: SQL {
    """
    select name, help, value from internal.success_gauges('linking', \(rawValue))
    union all
    select name, help, value from internal.success_gauges('sync', \(rawValue))
    """
  }
}

extension Sync {
  /// How many of the newest items a sync reads when nobody says how many.
  private static let usual = 50

  /// Syncs an account of the caller's: what the functions sync-* do.
  package static func run(
    on platform: Platform,
    _ input: SyncInput,
    _ call: Call<User>
  ) async throws -> SyncOutput {
    guard input.async != true else {
      throw Failure(.notConfigured, "there is no job queue here: sync without async")
    }
    let account = try await linkedAccount(on: platform, input, call)
    let client = try AccountClient(account, call)
    try await client.requireScopes()
    let lease = try call.configuration.number(.syncLease, in: 1...3600)
    let run = try await SyncRun.begin(
      account.socialAccountId,
      on: platform,
      isFull: input.full == true ? true : input.maxResults.map { _ in false },
      reservation: call.reservationID,
      lease: .seconds(lease),
      in: call.database
    )
    let limit = run.isFull ? platform.weeklyItems : input.maxResults ?? usual
    // Asked for anew, the list comes with what the channel says of itself.
    let playlist = run.isFull ? nil : run.listingID
    let catalogue = try Catalogue(platform, client, playlist: playlist, call)
    let sync = Sync(platform, catalogue.listings, run: run) { try await call.settle($0) }
    do {
      let outcome = try await sync.perform(
        upTo: input.full == true ? nil : limit,
        listingID: { catalogue.playlist }
      )
      await catalogue.units?.putBack()
      return outcome
    } catch {
      await catalogue.units?.putBack()
      throw error
    }
  }

  private static func linkedAccount(
    on platform: Platform,
    _ input: SyncInput,
    _ call: Call<User>
  ) async throws -> LinkedAccount {
    let sql: SQL =
      "select * from internal.linked_account(\(platform.rawValue), \(input.socialAccountId))"
    return try await call.database.one(sql.named("linked_account"), as: LinkedAccount.self)
  }
}

/// What an account has on its platform.
@Loop
private struct Catalogue {
  let listings: [any ContentListing]
  /// What it is read with, of those that YouTube gives a day.
  let units: DailyUnits?
  private let youtube: YouTubeContent?

  /// What YouTube calls the list of the channel's uploads.
  var playlist: String? { youtube?.playlist }

  init(
    _ platform: Platform,
    _ client: AccountClient,
    playlist: String?,
    _ call: Call<User>
  ) throws {
    let configuration = call.configuration
    switch platform {
    case .youtube:
      let units = try DailyUnits(ofYouTube: call)
      let content = YouTubeContent(
        base: configuration.baseURL(.youtubeURL),
        client: client,
        playlist: playlist
      ) { try await units.spend($0) }
      self.units = units
      youtube = content
      listings = [content]
    case .instagram:
      let version = configuration[.instagramGraphVersion] ?? ""
      let base = "\(configuration.baseURL(.instagramGraphURL))/\(version)"
      (units, youtube) = (nil, nil)
      listings = [
        InstagramContent(.media, base: base, client: client),
        InstagramContent(.stories, base: base, client: client),
      ]
    case .tiktok:
      (units, youtube) = (nil, nil)
      listings = [TikTokContent(base: configuration.baseURL(.tiktokURL), client: client)]
    }
  }
}
