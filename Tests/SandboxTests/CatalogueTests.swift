import HTTPClient
import JSON
import Loop
import Testing
import TestSupport

@testable import sandbox

@Suite("The catalogue")
struct CatalogueTests {
  @Test("makes the same items of the same seed, whoever asks first", arguments: Platform.allCases)
  func isDeterministic(platform: Platform) async throws {
    try await onLoop {
      let (one, other) = (Catalogue(), Catalogue())
      for (left, right) in zip(one.all(of: platform), other.all(of: platform)) {
        let indices = Array(0..<min(left.count, 40))
        let forward = indices.map { left.item($0) }
        let backward = indices.reversed().map { right.item($0) }
        #expect(forward == backward.reversed())
        #expect(left.ids.account == right.ids.account)
      }
    }
  }

  @Test("finds an item by its id, and none by any other", arguments: Platform.allCases)
  func findsByID(platform: Platform) async throws {
    try await onLoop {
      let catalogue = Catalogue()
      var seen: Set<String> = []
      for creator in catalogue.all(of: platform) {
        for index in [0, 1, 2, 49, 50, 19_999] where index < creator.count {
          let id = creator.ids.item(index)
          #expect(seen.insert(id).inserted)
          let found = try #require(catalogue.find(item: id, on: platform))
          #expect(found.creator === creator && found.index == index && found.child == 0)
        }
      }
      for id in ["", "x", "0", "-1", "dQw4w9WgXcQ", "99999999999999999999", "aaaaaaaaaaa"] {
        let found = catalogue.find(item: id, on: platform)
        #expect(found.flatMap { $0.creator.item($0.index) } == nil, "\(id)")
      }
    }
  }

  @Test("lists the newest first, and keeps nothing of what it lists")
  func lists() async throws {
    try await onLoop {
      let catalogue = Catalogue()
      let creator = try #require(catalogue.creator("huge", on: .youtube))
      var last = Int.max
      for position in 0..<creator.count {
        if position % 100 == 0 { await Task.yield() }
        let item = try #require(creator.newest(position))
        #expect(item.publishedAt < last)
        last = item.publishedAt
      }
      #expect(creator.count == 20_000 && creator.newest(20_000) == nil)
      #expect(creator.position(olderThan: last + 1) == 19_999)
      #expect(creator.position(olderThan: last) == 20_000)
      #expect(creator.position(olderThan: Int.max) == 0)
    }
  }

  @Test("holds the truth through any history", arguments: 1...10 as ClosedRange<UInt64>)
  func histories(seed: UInt64) async throws {
    try await onLoop {
      var random = SeededRandom(seed: seed)
      let creator = Creator(CreatorProfile(.tiktok, "a", size: 30), number: 3)
      // What must be true, kept the simplest way: (time, index) of all that are there.
      var model = (0..<30).map { (creator.item($0)?.publishedAt ?? 0, $0) }
      for _ in 0..<120 {
        // Others have the loop in between.
        await Task.yield()
        let index = random.number(in: 0...(creator.made - 1))
        switch random.number(in: 0...3) {
        case 0:
          let time = 1_700_000_000 + random.number(in: 0...5)
          model.append((time, creator.publish(ItemEdit(title: "new"), at: time)))
        case 1:
          _ = creator.edit(index, ItemEdit(isDeleted: true))
          model.removeAll { $0.1 == index }
        case 2:
          _ = creator.edit(index, ItemEdit(isDeleted: false))
          if !model.contains(where: { $0.1 == index }) {
            model.append((creator.item(index)?.publishedAt ?? 0, index))
          }
        default:
          let time = 1_700_000_000 + random.number(in: 0...5)
          _ = creator.edit(index, ItemEdit(publishedAt: time))
          if let place = model.firstIndex(where: { $0.1 == index }) { model[place].0 = time }
        }
        let expected = model.sorted { ($0.0, $0.1) > ($1.0, $1.1) }.map(\.1)
        let listed = (0..<creator.count).map { creator.newest($0)?.index ?? -1 }
        #expect(listed == expected)
      }
      #expect(creator.edit(creator.made, ItemEdit()) == false)
    }
  }

  @Test("takes edits by its interface, and refuses what makes none")
  func isEdited() async throws {
    try await TestSandbox.with { sandbox async throws in
      let items = "/admin/creators/instagram/ada/items"
      let made = try await sandbox.ask(
        .post,
        items,
        body: #"{"kind": "carousel", "caption": "Hi", "children": ["image", "video"], "likes": 5}"#
      )
      #expect(made.status == 201 && made.json["total"] == 61)
      guard case .array(let list)? = made.json["items"], let item = list.first else {
        Issue.record("no item: \(made.text)")
        return
      }
      #expect(item["caption"] == "Hi" && item["children"] == ["image", "video"])
      #expect(item["child_ids"]?.texts.count == 2 && item["likes"] == 5)
      let path = "\(items)/\(item["id"]?.text ?? "")"
      let changed = try await sandbox.ask(.patch, path, body: #"{"likes": 6}"#).json
      #expect(changed["likes"] == 6 && changed["caption"] == "Hi")
      #expect(try await sandbox.ask(.delete, path).json["deleted"] == true)
      #expect(try await sandbox.ask(.get, items).json["total"] == 60)
      #expect(try await sandbox.ask(.get, "\(items)?deleted=true").text.contains("\"Hi\""))
      #expect(try await sandbox.ask(.get, "\(items)/12").status == 404)
      let others = path.replacing("/ada/", with: "/edges/")
      #expect(try await sandbox.ask(.delete, others).status == 404)
      for body in [
        #"{"titel": "x"}"#, #"{"likes": -1}"#, #"{"likes": "5"}"#, #"{"kind": "song"}"#,
        #"{"published_at": "yesterday"}"#, #"{"count": 0}"#, #"{"tags": "a"}"#, "[]",
      ] {
        #expect(try await sandbox.ask(.post, items, body: body).status == 422, "\(body)")
      }
      for (body, status) in [
        (#"{"key": "bob", "size": 3, "shape": "edges"}"#, 201), (#"{"key": "bob"}"#, 409),
        (#"{"key": "B ob"}"#, 422), (#"{"key": "c", "size": 1000001}"#, 422), ("{}", 422),
      ] {
        let answer = try await sandbox.ask(.post, "/admin/creators/instagram", body: body)
        #expect(answer.status == status, "\(body) \(answer.text)")
      }
      #expect(try await sandbox.ask(.delete, "/admin/creators/instagram/bob").status == 200)
      #expect(try await sandbox.ask(.get, "/admin/creators/instagram/bob").status == 404)
      #expect(try await sandbox.ask(.get, "/admin/creators/myspace").status == 404)
    }
  }
}
