import Loop
import Telemetry

/// What is counted of mail.
@Loop
final class MailMetrics {
  let sent = Metrics.shared.counters(
    "mail_sent_total",
    "Mails that a server has taken.",
    labels: "kind"
  )
  let failures = Metrics.shared.counters(
    "mail_failures_total",
    "Attempts that failed, by reason.",
    labels: "reason"
  )
  let givenUp = Metrics.shared.counters(
    "mail_given_up_total",
    "Mails that will not be tried again.",
    labels: "kind"
  )
  let duration = Metrics.shared.histogram(
    "mail_send_duration_seconds",
    "From connecting to the server's word.",
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
  )
  private let waiting = Metrics.shared.gauge("mail_waiting", "Mails that are to be sent.")
  private let failed = Metrics.shared.gauge("mail_failed", "Mails that were given up and are kept.")
  private let oldest = Metrics.shared.gauge(
    "mail_oldest_seconds",
    "How long the oldest of those that are to be sent has been waiting."
  )

  func note(_ survey: Outbox.Survey) {
    waiting.value = Double(survey.waiting)
    failed.value = Double(survey.failed)
    oldest.value = survey.oldestSeconds
  }
}
