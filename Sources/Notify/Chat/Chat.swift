import JSON
import Linux

/// A message to people through an address that takes JSON. Whoever knows the address may write there, so
/// nothing but its host is ever told.
package final class Chat: Channel {
  package let name: String
  package let title: String
  private let url: String
  private let host: String
  private let kinds: Set<NewsKind>
  let body: @MainLoop (Words) -> JSONValue

  init(
    name: String, title: String, url: String, kinds: Set<NewsKind>,
    body: @escaping @MainLoop (Words) -> JSONValue
  ) {
    self.name = name
    self.title = title
    self.url = url
    self.kinds = kinds
    self.body = body
    host = WebAddress(url)?.shown ?? "its address"
  }

  package func takes(_ news: DeploymentNews) -> Bool { kinds.contains(news.kind) }

  package func deliver(
    _ news: DeploymentNews, delivery: String, isRetry: Bool, by sender: any Sender
  ) async -> DeliveryOutcome { await send(Words(news), by: sender) }

  package func test(by sender: any Sender) async -> DeliveryOutcome {
    await send(.test, by: sender)
  }

  private func send(_ words: Words, by sender: any Sender) async -> DeliveryOutcome {
    DeliveryOutcome(await sender.send(.post(url, json: body(words).bytes)), from: host)
  }
}

/// What is said, before any channel's escapes.
struct Words {
  let headline: String
  let details: [String]
  let url: String?
  let kind: NewsKind?

  static let test = Words(
    headline: "A test message from Bascule", details: ["Notifications work."], url: nil, kind: nil)

  init(_ news: DeploymentNews) {
    self.init(headline: news.headline.oneLine, details: news.details, url: news.url, kind: news.kind)
  }

  private init(headline: String, details: [String], url: String?, kind: NewsKind?) {
    self.headline = headline
    self.details = details
    self.url = url
    self.kind = kind
  }

  var mark: String {
    switch kind {
    case .success, .restored: "✅"
    case .failure: "❌"
    case .rollback: "⏪"
    default: "ℹ️"
    }
  }
}
