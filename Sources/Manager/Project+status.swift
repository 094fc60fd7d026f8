import History
import JSON
import Linux
import Releases
import Supervisor

extension Project {
  func status() async -> JSONValue {
    let live = handoff.live
    var liveValue = JSONValue.null
    if let live {
      liveValue = [
        "release": .int(Int64(live.release.number)), "commit": JSONValue(live.release.revision.commit),
        "since": .string(live.since.iso8601()), "pid": .int(Int64(live.instance.pid)),
        "memoryBytes": .int(live.instance.residentBytes), "restarts": .int(Int64(live.restarts)),
      ]
    }
    let last = ((try? history.latest(project: slug, limit: 20)) ?? []).first { !$0.state.isWaitingOrRunning }
    return [
      "project": .string(slug), "state": .string(state), "live": liveValue,
      "current": JSONValue(queue.running.map(\.json)),
      "queue": .array(queue.waiting.map { [$0.json] } ?? []), "last": JSONValue(last.map(\.json)),
      "lock": JSONValue(hold(.lock).map(\.json)), "paused": JSONValue(hold(.pause).map(\.json)),
      "maintenance": JSONValue(hold(.maintenance).map(\.json)),
    ]
  }

  var state: String {
    if queue.running != nil { return "building" }
    if handoff.live != nil { return "running" }
    return wanted == nil && queue.waiting == nil ? "pending" : "error"
  }
}
