import Loop

/// When a mail is tried, and tried again.
struct MailRhythm: Sendable {
  /// How often the outbox is looked into when nobody says that there is something.
  var poll: Duration = .seconds(5)
  /// How often it is counted.
  var survey: Duration = .seconds(15)
  /// For how long a mail is one process's that does not say again that it has it: how long a mail
  /// waits whose process was killed.
  var lease: Duration = .seconds(20)
  /// How often a process says so: several times in a lease, since one may be late.
  var heartbeat: Duration = .seconds(4)
  /// For how long it is tried to write down what became of a mail.
  var persistence: Duration = .seconds(120)
  /// How many are sent at a time.
  var width = 4
  /// How long a mail waits that could not be sent: the first time, and at most.
  var firstDelay: Duration = .seconds(5)
  var longestDelay: Duration = .seconds(3600)
  /// How long the process's end waits for mail that is on its way.
  var patience: Duration = .seconds(5)

  /// Threefold each time, and by a random part shorter, so that what failed together does not come
  /// back together.
  ///
  /// - Parameter chance: from 0 to 1.
  func delay(
    after attempts: Int,
    chance: Double = Double.random(in: 0...1)
  ) -> Duration {
    var delay = firstDelay
    for _ in 1..<max(2, min(attempts, 30)) where attempts > 1 && delay < longestDelay { delay *= 3 }
    return min(delay, longestDelay) * (1 - chance / 2)
  }
}
