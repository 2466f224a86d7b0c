import Glibc
import Loop
import Testing
import TestSupport

@testable import Telemetry

@Suite("Metrics")
struct MetricsTests {
  init() { TestLoop.start() }

  private func exposition(
    service: String? = nil,
    _ fill: @escaping @Loop @Sendable (Metrics) -> Void
  ) async -> String {
    await Loop.task {
      let metrics = Metrics(service: service)
      fill(metrics)
      return String(decoding: metrics.exposition(), as: UTF8.self)
    }.value
  }

  @Test("are written as Prometheus reads them")
  func areWritten() async {
    let text = await exposition(service: "rest") { metrics in
      let requests = metrics.counters("requests_total", "Requests.", labels: "method", "status")
      requests["POST", "200"].add()
      requests["GET", "200"].add(2.5)
      requests["POST", "200"].add()
      requests["POST", "200"].add(-5)
      let open = metrics.gauge("open", "Open\nconnections \\ sockets.")
      open.add(3)
      open.add(-1)
      metrics.gauge("idle", "Idle.") { 7 }
      metrics.counter("ticks_total", "Ticks.") { 1e20 }
      metrics.gauge("strange", "Odd numbers.").value = -.infinity
      metrics.gauge("unknown", "No number.").value = .nan
    }
    #expect(
      text == #"""
        # HELP requests_total Requests.
        # TYPE requests_total counter
        requests_total{service="rest",method="GET",status="200"} 2.5
        requests_total{service="rest",method="POST",status="200"} 2
        # HELP open Open\nconnections \\ sockets.
        # TYPE open gauge
        open{service="rest"} 2
        # HELP idle Idle.
        # TYPE idle gauge
        idle{service="rest"} 7
        # HELP ticks_total Ticks.
        # TYPE ticks_total counter
        ticks_total{service="rest"} 1e+20
        # HELP strange Odd numbers.
        # TYPE strange gauge
        strange{service="rest"} -Inf
        # HELP unknown No number.
        # TYPE unknown gauge
        unknown{service="rest"} NaN

        """#
    )
  }

  @Test("sort observations into cumulative buckets, a bound belonging to its own")
  func haveBuckets() async {
    let text = await exposition { metrics in
      let seconds = metrics.histograms("seconds", "S.", labels: "name", buckets: [0.1, 1])
      for value in [0.05, 0.1, 0.5, 1, 3] { seconds["a"].observe(value) }
      seconds["a"].observe(Duration.milliseconds(250))
    }
    #expect(
      text == """
        # HELP seconds S.
        # TYPE seconds histogram
        seconds_bucket{name="a",le="0.1"} 2
        seconds_bucket{name="a",le="1"} 5
        seconds_bucket{name="a",le="+Inf"} 6
        seconds_sum{name="a"} 4.9
        seconds_count{name="a"} 6

        """
    )
  }

  @Test("escape what labels hold")
  func escapeLabels() async {
    let text = await exposition { metrics in
      metrics.counters("x", "X.", labels: "path")["a\"b\\c\nd}é"].add()
    }
    #expect(text.hasSuffix("x{path=\"a\\\"b\\\\c\\nd}é\"} 1\n"))
  }

  @Test("are the same when they are registered twice, and shown once")
  func areRegisteredOnce() async {
    let text = await exposition { metrics in
      metrics.counter("x_total", "X.").add()
      metrics.counter("x_total", "X.").add()
      metrics.gauge("x_total", "Another kind.").add(50)
    }
    #expect(text == "# HELP x_total X.\n# TYPE x_total counter\nx_total 2\n")
  }

  @Test("stop telling label values apart when there are too many")
  func areBounded() async {
    let text = await exposition { metrics in
      let family = metrics.counters("x_total", "X.", labels: "path", "status")
      for index in 0..<(Family<Counter>.limit + 20) { family["/\(index)", "200"].add() }
      family["/0", "200"].add()
    }
    let lines = text.split(separator: "\n")
    #expect(lines.count == 2 + Family<Counter>.limit + 1)
    #expect(lines.contains("x_total{path=\"other\",status=\"other\"} 20"))
    #expect(lines.contains("x_total{path=\"/0\",status=\"200\"} 2"))
  }

  @Test("of the process are those that the kernel knows")
  func tellOfTheProcess() async throws {
    let text = await exposition { $0.addProcessMetrics() }
    var values: [Substring: Double] = [:]
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let parts = line.split(separator: " ")
      values[parts[0]] = Double(parts[1])
    }
    let now = Double(time(nil))
    #expect(try #require(values["process_cpu_seconds_total"]) > 0)
    #expect((1e6...1e10).contains(try #require(values["process_resident_memory_bytes"])))
    #expect((3...10_000).contains(try #require(values["process_open_fds"])))
    #expect(try #require(values["process_max_fds"]) >= 256)
    #expect((now - 7200...now + 1).contains(try #require(values["process_start_time_seconds"])))
  }

  @Test("count the descriptors that are open")
  func countDescriptors() throws {
    // Other tests open and close some meanwhile, so many are opened here.
    let before = ProcessFacts.openDescriptors
    let opened = (0..<200).map { _ in open("/dev/null", O_RDONLY) }
    let after = ProcessFacts.openDescriptors
    for descriptor in opened { close(descriptor) }
    #expect((150...250).contains(after - before))
  }
}

@Suite("Merged metrics")
struct MetricsMergeTests {
  private func merge(_ texts: String...) -> String {
    String(decoding: Metrics.merge(texts.map { Array($0.utf8) }), as: UTF8.self)
  }

  @Test("have each family's samples together under one HELP and TYPE")
  func groupFamilies() {
    let one = """
      # HELP up Is up.
      # TYPE up gauge
      up{service="a"} 1
      # HELP s Seconds.
      # TYPE s histogram
      s_bucket{service="a",le="+Inf"} 1
      s_sum{service="a"} 0.5
      s_count{service="a"} 1
      """
    let two = one.replacing("\"a\"", with: "\"b\"").replacing("Is up.", with: "Whether it is up.")
    #expect(
      merge(one + "\n", two + "\n") == """
        # HELP up Is up.
        # TYPE up gauge
        up{service="a"} 1
        up{service="b"} 1
        # HELP s Seconds.
        # TYPE s histogram
        s_bucket{service="a",le="+Inf"} 1
        s_sum{service="a"} 0.5
        s_count{service="a"} 1
        s_bucket{service="b",le="+Inf"} 1
        s_sum{service="b"} 0.5
        s_count{service="b"} 1

        """
    )
  }

  @Test("keep a summary's samples together too")
  func keepSummaries() {
    let text = "# TYPE s summary\ns_sum{a=\"1\"} 1\ns_count{a=\"1\"} 2\n"
    let other = "# TYPE t gauge\nt 1\n" + text.replacing("\"1\"", with: "\"2\"")
    #expect(
      merge(text, other)
        == text + "s_sum{a=\"2\"} 1\ns_count{a=\"2\"} 2\n# TYPE t gauge\nt 1\n"
    )
  }

  @Test("leave out repeated samples, and those of a family that has another type elsewhere")
  func leaveOutContradictions() {
    let merged = merge(
      "# TYPE x counter\nx{a=\"1\"} 1\n",
      "# TYPE x counter\nx{a=\"1\"} 2\nx{a=\"2\"} 3\n",
      "# TYPE x gauge\nx{a=\"3\"} 4\n"
    )
    #expect(merged == "# TYPE x counter\nx{a=\"1\"} 1\nx{a=\"2\"} 3\n")
  }

  @Test(
    "leave out what is no sample",
    arguments: [
      "x", "x ", "x one", "x{a=\"1\" 5", "x{a=\"1\"}5", "{a=\"1\"} 5", "1x 5", "x 1 2 3",
      "x 1 soon",
      "x{a=\"1\"}", "<html>", "x-y 1", "# a comment", "",
    ]
  )
  func leaveOutRubbish(line: String) {
    #expect(merge("ok 1\n\(line)\nfine 2\n") == "ok 1\nfine 2\n")
  }

  @Test(
    "keep every kind of sample",
    arguments: [
      "x 1", "x NaN", "x +Inf", "x -Inf", "x 1e-05", "x 1.5 1395066363000", "a:b_c 1", "x{} 1",
      "x{a=\"}\"} 1", "x{a=\"\\\"} 2\"} 1", "x{a=\"\\\\\"} 1", "x{a=\"\",b=\"é\"} -0.5",
    ]
  )
  func keepSamples(line: String) {
    #expect(merge(line + "\n") == line + "\n")
  }
}
