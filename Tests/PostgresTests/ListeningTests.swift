import Glibc
import Loop
import Postgres
import Testing
import TestSupport

@Suite("Listening", .timeLimit(.minutes(2)))
struct ListeningTests {
  @Test("hears what is notified, in order, and says when it has come back after a crash")
  func comesBack() async throws {
    let cluster = try await TestCluster.start()
    try await onLoop {
      var heard: [Listening.Event] = []
      let settings = Database.Settings(url: cluster.url())
      let listening = try Listening(settings, channels: ["jobs", "My \"channel\""]) {
        heard.append($0)
      }
      func hear(_ count: Int) async throws {
        while heard.count < count { try await Loop.sleep(for: .milliseconds(5)) }
      }
      try await hear(1)
      try await cluster.psql("select pg_notify('jobs', '1'), pg_notify('My \"channel\"', 'zwei')")
      try await hear(3)
      try await cluster.stop()
      try await cluster.start()
      let start = Instant.now
      try await hear(4)
      #expect(.now - start < .seconds(2))
      try await cluster.psql("notify jobs")
      try await hear(5)
      listening.stop()
      try await cluster.psql("notify jobs")
      try await Loop.sleep(for: .milliseconds(100))
      #expect(
        heard == [
          .connected, .notification(channel: "jobs", payload: "1"),
          .notification(channel: "My \"channel\"", payload: "zwei"), .connected,
          .notification(channel: "jobs", payload: ""),
        ]
      )
    }
    try await cluster.stop()
  }

  @Test("notices a connection on which nothing comes any more")
  func probes() async throws {
    let cluster = try await TestCluster.start()
    try await onLoop {
      var connections = 0
      var settings = Database.Settings(url: cluster.url())
      settings.connectTimeout = .milliseconds(300)
      let listening = try Listening(
        settings,
        channels: ["jobs"],
        probeInterval: .milliseconds(100)
      ) { if $0 == .connected { connections += 1 } }
      while connections < 1 { try await Loop.sleep(for: .milliseconds(5)) }
      try await Loop.sleep(for: .milliseconds(500))
      #expect(connections == 1)
      // A stopped process keeps its socket open and says nothing.
      let id = try await cluster.psql(
        "select pid from pg_stat_activity where query in ('select 1', 'listen \"jobs\"')"
      )
      let pid = try #require(pid_t(id.dropLast()))
      kill(pid, SIGSTOP)
      while connections < 2 { try await Loop.sleep(for: .milliseconds(5)) }
      kill(pid, SIGCONT)
      listening.stop()
    }
    try await cluster.stop()
  }

  @Test("is a stream too, whose end ends it")
  func streams() async throws {
    try await TestDatabase.with { server in
      let settings = Database.Settings(url: server.url)
      let events = try await onLoop { try Listening.events(settings, channels: ["jobs"]) }
      var heard: [Listening.Event] = []
      for await event in events {
        heard.append(event)
        guard event == .connected else { break }
        try await server.psql("notify jobs, 'x'")
      }
      #expect(heard == [.connected, .notification(channel: "jobs", payload: "x")])
    }
  }
}
