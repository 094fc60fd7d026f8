/// A wish for a deployment, wherever it comes from.
package struct DeployOrder: Sendable {
  /// `push`, `webhook`, `command`, `boot`…
  package let trigger: String
  package let actor: String
  /// nil: the project's branch.
  package let ref: String?
  package var commit: String?
  package var before: String?
  package var delivery: String?
  package var author: String?
  package var message: String?
  package var forced = false
  /// Instead of DEPLOY_TIMEOUT.
  package var timeout: Duration?

  package init(trigger: String, actor: String, ref: String?) {
    self.trigger = trigger
    self.actor = actor
    self.ref = ref
  }

  /// Nobody stands behind it at this moment: a lock or a pause keeps it away.
  package var isAutomatic: Bool { trigger == "push" || trigger == "webhook" }

  package var title: String {
    let what = commit.map { String($0.prefix(7)) } ?? ref ?? "the branch's tip"
    return message.map { "\(what) \($0.prefix { $0 != "\n" })" } ?? what
  }
}

package enum OrderAnswer: Sendable, Equatable {
  case queued(Int64)
  case duplicate(Int64)
  case ignored(String)
  /// Kept as skipped under this number, because of a lock or a pause.
  case held(Int64, String)
  /// Refused to a person, who can unlock.
  case locked(String)
  /// Too many wait already.
  case full(retryAfter: Int)
  /// Cannot be written down, or the manager is stopping.
  case unavailable(String)
}

extension OrderAnswer {
  /// As a delivery's verdict is put on record.
  var word: String {
    switch self {
    case .queued: "queued"
    case .duplicate: "duplicate"
    case .ignored, .held: "ignored"
    case .locked: "locked"
    case .full: "full"
    case .unavailable: "unavailable"
    }
  }

  var deployment: Int64? {
    switch self {
    case .queued(let id), .duplicate(let id), .held(let id, _): id
    case .ignored, .locked, .full, .unavailable: nil
    }
  }

  var reason: String? {
    switch self {
    case .ignored(let reason), .held(_, let reason), .locked(let reason), .unavailable(let reason): reason
    case .full: "too many deployments wait already"
    case .queued, .duplicate: nil
    }
  }
}
