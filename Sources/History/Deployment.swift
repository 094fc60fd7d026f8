import JSON
import Linux

package enum DeploymentState: String, Sendable {
  case queued, building, deploying, success
  case failed, canceled, superseded, skipped, interrupted
  case rolledBack = "rolled_back"

  package var isWaitingOrRunning: Bool { [.queued, .building, .deploying].contains(self) }
}

/// One row of the history.
package struct Deployment: Sendable, Equatable {
  package var id: Int64 = 0
  package let project: String
  package var state: DeploymentState
  package var mode = "fast"
  package let trigger: String
  package let actor: String
  package let ref: String
  /// What the trigger named or the fetch found.
  package var commit: String?
  package var author: String?
  package var message: String?
  package var release: Int?
  package var replaces: Int?
  /// Of the delivery that asked for it.
  package var delivery: String?
  /// The commit that the push started from: tells a late delivery from a new one.
  package var before: String?
  package var forced = false
  package let queuedAt: Timestamp
  package var startedAt: Timestamp?
  package var finishedAt: Timestamp?
  package var phases: [(name: String, milliseconds: Int64)] = []
  package var exitCode: Int32?
  package var error: String?

  package init(
    project: String, state: DeploymentState, trigger: String, actor: String, ref: String, commit: String?,
    queuedAt: Timestamp = .now
  ) {
    self.project = project
    self.state = state
    self.trigger = trigger
    self.actor = actor
    self.ref = ref
    self.commit = commit
    self.queuedAt = queuedAt
  }

  /// Nobody stands behind it at this moment: a lock or a pause keeps it away.
  package var isAutomatic: Bool { trigger == "push" || trigger == "webhook" }

  /// A switch alone has no log of its own.
  package var hasLog: Bool { !["rollback", "reload", "watch"].contains(trigger) }

  package static func == (left: Deployment, right: Deployment) -> Bool {
    left.id == right.id && left.json.text == right.json.text
  }

  package var json: JSONValue {
    let duration = startedAt.flatMap { started in
      finishedAt.map { $0.milliseconds - started.milliseconds }
    }
    return [
      "id": .int(id), "project": .string(project), "state": .string(state.rawValue), "mode": .string(mode),
      "trigger": .string(trigger), "actor": .string(actor), "ref": .string(ref), "commit": JSONValue(commit),
      "message": JSONValue(message), "author": JSONValue(author), "release": JSONValue(release),
      "replaces": JSONValue(replaces), "queuedAt": .string(queuedAt.iso8601()),
      "startedAt": JSONValue(startedAt?.iso8601()), "finishedAt": JSONValue(finishedAt?.iso8601()),
      "durationMs": JSONValue(duration),
      "phases": .array(phases.map { ["name": .string($0.name), "durationMs": .int($0.milliseconds)] }),
      "exitCode": JSONValue(exitCode.map { Int($0) }), "error": JSONValue(error),
    ]
  }
}
