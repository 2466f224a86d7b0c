import Loop

/// All creators of all platforms.
@Loop
final class Catalogue {
  private var creators: [Platform: [Creator?]] = [:]
  private var numbers: [String: Int] = [:]

  init() {
    reset()
  }

  /// Those from the start, without what was edited.
  func reset() {
    creators = [:]
    numbers = [:]
    for platform in Platform.allCases {
      for profile in CreatorProfile.all(of: platform) { add(profile) }
    }
  }

  func all(of platform: Platform) -> [Creator] {
    creators[platform, default: []].compactMap(\.self)
  }

  /// By its key, the id of its account, or the id of its person.
  func creator(_ name: String, on platform: Platform) -> Creator? {
    numbers["\(platform.rawValue)/\(name)"].flatMap { creators[platform]?[$0] }
  }

  /// Nil for an id that no item ever had.
  func find(
    item id: String,
    on platform: Platform
  ) -> (creator: Creator, index: Int, child: Int)? {
    guard let parts = CreatorIDs.parse(id, on: platform), let all = creators[platform],
      all.indices.contains(parts.creator), let creator = all[parts.creator]
    else { return nil }
    return (creator, parts.index, parts.child)
  }

  @discardableResult
  func add(_ profile: CreatorProfile) -> Creator {
    let number = creators[profile.platform, default: []].count
    let creator = Creator(profile, number: number)
    creators[profile.platform, default: []].append(creator)
    for name in [profile.key, creator.ids.account, creator.ids.person] {
      numbers["\(profile.platform.rawValue)/\(name)"] = number
    }
    return creator
  }

  /// Its number is not given to another.
  func remove(_ creator: Creator) {
    creators[creator.profile.platform]?[creator.number] = nil as Creator?
    for name in [creator.profile.key, creator.ids.account, creator.ids.person] {
      numbers["\(creator.profile.platform.rawValue)/\(name)"] = nil
    }
  }
}
