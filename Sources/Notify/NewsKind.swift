import JSON

package enum NewsKind: String, Sendable, CaseIterable {
  /// These three are what people are told, and may switch off.
  case success, failure, rollback
  /// For those who show a state, such as GitHub: it runs; it ended in another way; another is live again.
  case started, ended, restored

  package static let forPeople: Set<NewsKind> = [.success, .failure, .rollback]

  /// By the record of a deployment.
  init?(_ deployment: JSONNode) {
    let ran = deployment["startedAt"]?.string != nil
    switch deployment["state"]?.string {
    case "building", "deploying": self = .started
    case "success": self = Self.switched(deployment)
    case "rolled_back": self = .rollback
    // One that waited when the manager ended waits on; one that ran is lost.
    case "failed", "interrupted":
      guard ran else { return nil }
      self = .failure
    case "canceled", "superseded", "skipped":
      guard ran else { return nil }
      self = .ended
    default: return nil
    }
  }

  private static func switched(_ deployment: JSONNode) -> NewsKind {
    switch deployment["trigger"]?.string {
    case "rollback": .rollback
    // People are told by the deployment that was taken back.
    case "watch": .restored
    case "reload":
      deployment["release"]?.int ?? 0 < deployment["replaces"]?.int ?? 0 ? .rollback : .success
    default: .success
    }
  }
}
