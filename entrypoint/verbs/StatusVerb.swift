import JSON
import Linux

/// `bascule status`: all there is to know at a glance.
enum StatusVerb {
  static func perform(_ arguments: Arguments) throws -> Int32 {
    let status = try Client().get(Client.route(arguments, "status"))
    Terminal.print(arguments.has("--json") ? JSONText.compact(status) : text(status))
    return ExitCode.done
  }

  static func text(_ status: JSONNode) -> String {
    var lines = ["\(status["project"]?.string ?? "main"): \(status["state"]?.string ?? "?")"]
    if let live = status["live"], !live.isNull {
      lines.append(
        "  live     release \(live["release"]?.int ?? 0)\(commit(live)) since \(live["since"]?.string ?? "?"), "
          + "pid \(live["pid"]?.int ?? 0), \(describe(bytes: Int64(live["memoryBytes"]?.int ?? 0))), "
          + "\(live["restarts"]?.int ?? 0) restarts")
    } else {
      lines.append("  live     nothing")
    }
    if let current = status["current"], !current.isNull { lines.append("  running  \(deployment(current))") }
    for waiting in status["queue"]?.elements ?? [] {
      let position = waiting["position"]?.int.map { " (\($0) in line)" } ?? ""
      lines.append("  waiting  \(deployment(waiting))\(position)")
    }
    if let last = status["last"], !last.isNull { lines.append("  last     \(deployment(last))") }
    let holds = [
      ("lock", "locked", "unlock"), ("paused", "paused", "resume"),
      ("maintenance", "closed", "maintenance off"),
    ]
    for (name, word, way) in holds {
      guard let hold = status[name], !hold.isNull else { continue }
      lines.append(
        "  \(word)   by \(hold["owner"]?.string ?? "?"): \(hold["reason"]?.string ?? "") (`bascule \(way)` ends it)"
      )
    }
    return lines.joined(separator: "\n")
  }

  private static func deployment(_ node: JSONNode) -> String {
    var text = "#\(node["id"]?.int ?? 0) \(node["state"]?.string ?? "?")\(commit(node))"
    if let release = node["release"]?.int { text += ", release \(release)" }
    if let duration = node["durationMs"]?.int { text += ", \(describe(.milliseconds(duration)))" }
    text += ", \(node["trigger"]?.string ?? "?") by \(node["actor"]?.string ?? "?")"
    if let message = node["message"]?.string { text += ": \(message.prefix { $0 != "\n" })" }
    if let error = node["error"]?.string { text += "\n           \(error)" }
    return text
  }

  private static func commit(_ node: JSONNode) -> String {
    node["commit"]?.string.map { " (\($0.prefix(7)))" } ?? ""
  }
}
