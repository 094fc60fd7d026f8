import Crypto
import JSON
import Linux

/// A POST of JSON to any address, signed.
package final class Webhook: Channel {
  package let name = "webhook"
  package let title = "webhook"
  private let url: String
  private let host: String
  private let secret: String?
  private let kinds: Set<NewsKind>

  package init(url: String, secret: String?, kinds: Set<NewsKind>) {
    self.url = url
    self.secret = secret
    self.kinds = kinds
    host = WebAddress(url)?.shown ?? "its address"
  }

  package func takes(_ news: DeploymentNews) -> Bool { kinds.contains(news.kind) }

  package func deliver(
    _ news: DeploymentNews, delivery: String, isRetry: Bool, by sender: any Sender
  ) async -> DeliveryOutcome {
    DeliveryOutcome(await sender.send(transfer(news, delivery: delivery)), from: host)
  }

  package func test(by sender: any Sender) async -> DeliveryOutcome {
    let body: JSONValue = ["event": "ping", "at": .string(Timestamp.now.iso8601())]
    return DeliveryOutcome(
      await sender.send(transfer("ping", body.bytes, delivery: Notifier.newDelivery())), from: host)
  }

  func transfer(_ news: DeploymentNews, delivery: String) -> Transfer {
    let event = "deployment.\(news.kind.rawValue)"
    // The same bytes at every attempt: no time of sending in here.
    let body: JSONValue = [
      "event": .string(event), "delivery": .string(delivery), "url": JSONValue(news.url),
      "deployment": news.record,
    ]
    return transfer(event, body.bytes, delivery: delivery)
  }

  private func transfer(_ event: String, _ body: [UInt8], delivery: String) -> Transfer {
    var headers = [
      Transfer.Header("X-Webhook-Event", event), Transfer.Header("X-Webhook-Delivery", delivery),
    ]
    if let secret, !secret.isEmpty {
      let code = HMACSHA256.authenticate(key: Array(secret.utf8), message: body)
      headers.append(Transfer.Header("X-Webhook-Signature", "sha256=" + Hex.encode(code)))
    }
    return .post(url, json: body, headers: headers)
  }
}
