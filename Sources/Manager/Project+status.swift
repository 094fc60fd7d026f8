import History
import JSON
import Linux
import Releases
import Supervisor

extension Project {
  /// `waiting`: of all projects, in their order.
  func status(waiting: [Deployment]) async -> JSONValue {
    let live = handoff.live
    var liveValue = JSONValue.null
    if let live {
      liveValue = [
        "release": .int(Int64(live.release.number)), "commit": JSONValue(live.release.revision.commit),
        "since": .string(live.since.iso8601()), "pid": .int(Int64(live.instance.pid)),
        "memoryBytes": .int(live.instance.residentBytes), "restarts": .int(Int64(live.restarts)),
      ]
    }
    let last = lastEnded
    return [
      "project": .string(slug), "state": .string(state), "live": liveValue,
      "current": JSONValue(underWay.first.map(\.json)),
      "queue": .array(queue.waiting.map { [queued($0, waiting)] } ?? []), "last": JSONValue(last.map(\.json)),
      "lock": JSONValue(hold(.lock).map(\.json)), "paused": JSONValue(hold(.pause).map(\.json)),
      "maintenance": JSONValue(hold(.maintenance).map(\.json)),
    ]
  }

  private func queued(_ deployment: Deployment, _ waiting: [Deployment]) -> JSONValue {
    let position = waiting.firstIndex { $0.id == deployment.id }.map { $0 + 1 }
    return deployment.json.adding("position", JSONValue(position))
  }

  var state: String {
    if portTrouble != nil { return "error" }
    if queue.running != nil { return "building" }
    if handoff.live != nil { return "running" }
    // Something should serve, or was meant to, and does not.
    let hasFailed = [.failed, .interrupted].contains(lastEnded?.state)
    return wanted != nil || hasFailed ? "error" : "pending"
  }

  private var lastEnded: Deployment? {
    // One may run and one wait.
    ((try? history.latest(project: slug, limit: 3)) ?? []).first { !$0.state.isWaitingOrRunning }
  }
}
