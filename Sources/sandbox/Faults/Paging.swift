import JSON

/// Where the platforms keep the items of a page, and what leads to the next.
enum Paging {
  /// The answer with other items; one that is no list stays as it is.
  static func changingItems(_ json: JSON, _ change: ([JSON]) -> [JSON]) -> JSON {
    guard case .object(let members) = json else { return json }
    return .object(
      members.map { member in
        switch (member.name, member.value) {
        case ("items", .array(let items)), ("videos", .array(let items)),
          ("data", .array(let items)):
          JSON.Member(member.name, .array(change(items)))
        case ("data", .object):
          JSON.Member(member.name, changingItems(member.value, change))
        default: member
        }
      }
    )
  }

  /// The answer whose next page is the first.
  static func endless(_ json: JSON, of call: PlatformCall) -> JSON {
    switch call.target {
    case .youtube:
      guard call.path.contains("playlistItems") else { return json }
      return json.with("nextPageToken", .string(PageToken.text(of: 0)))
    case .instagram:
      guard case .array? = json["data"] else { return json }
      let next = "https://graph.instagram.com/v25.0/me/media?after=\(InstagramCursor.first)"
      return json.with(
        "paging",
        [
          "cursors": [
            "before": .string(InstagramCursor.first), "after": .string(InstagramCursor.first),
          ], "next": .string(next),
        ]
      )
    case .tiktok:
      guard let data = json["data"], data["videos"] != nil else { return json }
      let first = JSON(4_102_444_800_000)
      return json.with("data", data.with("cursor", first).with("has_more", true))
    case .google, .smtp: return json
    }
  }
}

extension JSON {
  var isNumber: Bool { if case .number = self { true } else { false } }

  /// With this member, in the place of an older one.
  func with(_ name: String, _ value: JSON) -> JSON {
    guard case .object(var members) = self else { return self }
    if let place = members.firstIndex(where: { $0.name == name }) {
      members[place].value = value
    } else {
      members.append(Member(name, value))
    }
    return .object(members)
  }

  /// Without these members, at any depth.
  func without(_ names: Set<String>) -> JSON {
    switch self {
    case .array(let elements): .array(elements.map { $0.without(names) })
    case .object(let members):
      .object(
        members.filter { !names.contains($0.name) }
          .map { Member($0.name, $0.value.without(names)) }
      )
    default: self
    }
  }

  /// With other values where there are no containers.
  func mappingLeaves(_ change: (JSON) -> JSON) -> JSON {
    switch self {
    case .array(let elements): .array(elements.map { $0.mappingLeaves(change) })
    case .object(let members):
      .object(members.map { Member($0.name, $0.value.mappingLeaves(change)) })
    default: change(self)
    }
  }

  /// With other values of members, at any depth.
  func mappingMembers(_ change: (_ name: String, _ value: JSON) -> JSON) -> JSON {
    switch self {
    case .array(let elements): .array(elements.map { $0.mappingMembers(change) })
    case .object(let members):
      .object(
        members.map { Member($0.name, change($0.name, $0.value.mappingMembers(change))) }
      )
    default: self
    }
  }

  /// With other digits wherever there is a number, in quotes too; ids keep theirs.
  func mappingNumbers(_ digits: String) -> JSON {
    mappingMembers { name, value in
      guard !name.lowercased().hasSuffix("id") else { return value }
      switch value {
      case .number: return .number(digits)
      case .string(let text) where !text.isEmpty && text.allSatisfy(\.isNumber):
        return .string(digits)
      default: return value
      }
    }
  }
}
