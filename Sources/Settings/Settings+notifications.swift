extension Settings {
  /// Whom deployments are told to.
  package struct Notifications: Sendable, Equatable {
    package enum Event: String, Sendable, CaseIterable { case success, failure, rollback }

    package struct Webhook: Sendable, Equatable {
      package let address: WebAddress
      /// NOTIFY_WEBHOOK_SECRET, else WEBHOOK_SECRET; nil: it is not signed.
      package let secret: String?
    }

    package struct Mail: Sendable, Equatable {
      package let server: MailServer
      package let from: String
      package let to: [String]
    }

    package struct GitHub: Sendable, Equatable {
      package let token: String
      /// Without a slash at its end.
      package let api: WebAddress
    }

    package let events: Set<Event>
    package let webhook: Webhook?
    package let slack: WebAddress?
    package let discord: WebAddress?
    package let mail: Mail?
    package let github: GitHub?
    /// Where people find the control port, for links, without a slash at its end.
    package let publicURL: WebAddress?
  }
}
