import HTTP

/// What the headers of a trigger say: who sends it, what happened, and under which number.
package struct WebhookRequest: Sendable, Equatable {
  package enum Provider: String, Sendable {
    case github, gitea, forgejo, gogs, gitlab, bitbucket
    /// No forge: somebody's own program.
    case plain
  }

  package enum Event: Sendable, Equatable {
    case none
    case ping
    case push
    case other(String)
  }

  package let provider: Provider
  package let event: Event
  /// As its sender names it.
  package private(set) var eventName: String?
  package let delivery: String?

  /// Gitea and its kin also send GitHub's header: they come first.
  private static let eventHeaders: [(Provider, String)] = [
    (.forgejo, "X-Forgejo-Event"), (.gitea, "X-Gitea-Event"), (.gogs, "X-Gogs-Event"),
    (.github, "X-GitHub-Event"), (.gitlab, "X-Gitlab-Event"), (.bitbucket, "X-Event-Key"),
  ]

  package init(_ headers: Headers) {
    for (provider, name) in Self.eventHeaders {
      guard let event = headers.values(name).first else { continue }
      self.provider = provider
      self.event = Self.event(event)
      eventName = printable(event, limit: 60)
      delivery = Self.deliveryHeaders(provider).lazy.compactMap { Self.number(headers[$0]) }.first
      return
    }
    provider = .plain
    event = .none
    delivery = Self.number(headers["Idempotency-Key"])
  }

  /// One that is on record, once more. It is no repetition of that delivery, which might not be acted on again.
  package init(provider: String, event: String?) {
    self.provider = Provider(rawValue: provider) ?? .plain
    self.event = event.map(Self.event) ?? .none
    eventName = event
    delivery = nil
  }

  private static func event(_ name: String) -> Event {
    switch name {
    case "ping", "diagnostics:ping": .ping
    case "push", "Push Hook", "Tag Push Hook", "repo:push": .push
    default: .other(printable(name, limit: 60))
    }
  }

  private static func deliveryHeaders(_ provider: Provider) -> [String] {
    switch provider {
    case .github: ["X-GitHub-Delivery"]
    case .gitea: ["X-Gitea-Delivery"]
    case .forgejo: ["X-Forgejo-Delivery", "X-Gitea-Delivery"]
    case .gogs: ["X-Gogs-Delivery"]
    // The event's number last: one action that causes several pushes gives all of them the same.
    case .gitlab: ["Idempotency-Key", "X-Gitlab-Webhook-UUID", "X-Gitlab-Event-UUID"]
    case .bitbucket: ["X-Request-UUID"]
    case .plain: []
    }
  }

  private static func number(_ text: String?) -> String? {
    text.flatMap { 1...128 ~= $0.utf8.count ? $0 : nil }
  }
}
