import JSON

/// `bascule logs`: the recorded events of a deployment, and those to come with -f.
enum LogsVerb {
  static func perform(_ arguments: Arguments) throws -> Int32 {
    let client = try Client()
    let name = arguments.positional.first ?? "last"
    let asJSON = arguments.has("--json")
    if arguments.has("-f") || arguments.has("--follow") { return try follow(client, name, asJSON: asJSON) }
    try client.lines("/deployments/\(name)/log") { show($0, asJSON) }
    return ExitCode.done
  }

  /// To the end, with the outcome as exit code.
  static func follow(_ client: Client, _ name: String, asJSON: Bool) throws -> Int32 {
    let id = try client.get("/deployments/\(name)")["id"]?.int ?? 0
    let deployment: JSONNode
    do {
      try client.lines("/deployments/\(id)/log?follow=1") { show($0, asJSON) }
      deployment = try client.get("/deployments/\(id)")
    } catch is ClientError {
      throw ClientError(
        message:
          "the manager stopped before deployment #\(id) had ended; `bascule status` tells when it is back",
        exitCode: ExitCode.failed)
    }
    let state = deployment["state"]?.string ?? "lost"
    if state == "success" { return ExitCode.done }
    let error = deployment["error"]?.string.map { ": \($0)" } ?? ""
    Terminal.error("deployment #\(id) ended as \(state)\(error)")
    return ExitCode.failed
  }

  private static func show(_ line: String, _ asJSON: Bool) {
    if asJSON { return Terminal.print(line) }
    guard let event = try? JSONDocument(text: line).root, let text = EventText.text(of: event) else { return }
    Terminal.print(text)
  }
}
