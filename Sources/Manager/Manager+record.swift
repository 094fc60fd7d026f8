import Access
import Control
import HTTP
import History
import JSON
import Linux
import Log

/// What came and who did what, on record. None of it is worth failing for.
extension Manager {
  package func record(_ delivery: Delivery) {
    do throws(HistoryError) {
      _ = try history.insert(delivery)
    } catch {
      logger.warn("a delivery could not be recorded: \(error)")
    }
  }

  package func recordRefusedDelivery(_ webhook: WebhookRequest, from address: String, reason: String) {
    guard refusedDeliveries.take() else { return }
    var delivery = Delivery(webhook, verdict: "refused")
    delivery.reason = address.isEmpty ? reason : "from \(address): \(reason)"
    record(delivery)
  }

  package func replay(_ guid: String, actor: String) async throws(ControlFailure) -> JSONValue {
    let found = try mapped { () throws(HistoryError) in try history.delivery(guid) }
    guard let found else { throw ControlFailure(.missing, "there is no delivery \(guid)") }
    guard let payload = found.payload else {
      throw ControlFailure(.conflict, "the payload of delivery \(guid) was not kept")
    }
    note(actor, "replay", found.project, "delivery \(guid)")
    let webhook = WebhookRequest(provider: found.provider, event: found.event)
    let response = await withCheckedContinuation { continuation in
      webhooks.handle(webhook, payload) { continuation.resume(returning: $0) }
    }
    let answer = JSONValue(parsing: response.body)
    guard response.status < 400 else {
      throw ControlFailure(
        .unprocessable, "the delivery was answered with \(response.status): \(answer.text)")
    }
    return answer
  }

  /// For the audit.
  func note(_ actor: String, _ action: String, _ project: String?, _ detail: String?) {
    do throws(HistoryError) {
      _ = try history.insert(Action(actor: actor, action: action, project: project, detail: detail))
    } catch {
      logger.warn("\(action) by \(actor) could not be recorded: \(error)")
    }
  }
}

/// So many a minute: whoever knocks without a key must not fill the record.
struct MinuteQuota {
  private let limit: Int
  private var left: Int
  private var ends = ContinuousClock.Instant.now

  init(_ limit: Int) {
    self.limit = limit
    left = limit
  }

  mutating func take(at now: ContinuousClock.Instant = .now) -> Bool {
    if now >= ends {
      ends = now + .seconds(60)
      left = limit
    }
    left -= 1
    return left >= 0
  }
}
