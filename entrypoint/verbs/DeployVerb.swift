import JSON
import Linux

/// `bascule deploy`: queues a deployment and, unless told otherwise, stays until its end.
enum DeployVerb {
  static func perform(_ arguments: Arguments) throws -> Int32 {
    if arguments.has("--follow"), arguments.has("--background") {
      throw UsageError("--follow and --background exclude each other")
    }
    if let mode = arguments["--mode"], mode != "fast" {
      throw UsageError("there is no mode \(mode) in this version; there is fast")
    }
    let client = try Client()
    let asJSON = arguments.has("--json")
    var wish: [(String, JSONValue)] = [
      ("ref", JSONValue(arguments["--ref"])), ("mode", JSONValue(arguments["--mode"])),
      ("force", .bool(arguments.has("--force"))),
    ]
    if let text = arguments["--timeout"] {
      guard let seconds = Int64(text) else { throw UsageError("--timeout takes whole seconds, not \(text)") }
      wish.append(("timeout", .int(seconds)))
    }
    let answer = try client.post(
      Client.route(arguments.positional.first ?? "main", "deploy"), wish)
    guard let id = answer["deployment"]?.int else {
      Terminal.print(answer["reason"]?.string ?? "nothing to do")
      return ExitCode.done
    }
    if arguments.has("--background") {
      Terminal.print(
        asJSON ? JSONText.compact(answer) : "deployment #\(id) is queued; `bascule logs -f \(id)` follows it"
      )
      return ExitCode.done
    }
    return try LogsVerb.follow(client, String(id), asJSON: asJSON)
  }
}
