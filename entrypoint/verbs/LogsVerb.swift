import Glibc
import HTTP
import JSON

/// `bascule logs`: the recorded events of a deployment, and those to come with -f.
enum LogsVerb {
  static func perform(_ arguments: Arguments) throws -> Int32 {
    let client = try Client()
    let name = try arguments.positional.first ?? last(client, of: arguments["--project"])
    let asJSON = arguments.has("--json")
    if arguments.has("-f") || arguments.has("--follow") { return try follow(client, name, asJSON: asJSON) }
    let text = EventText(colors: client.colors)
    var printout = Printout()
    try client.lines("/api/deployments/\(name)/log", onPause: { printout.flush() }) { line in
      show(line, text, asJSON, &printout)
    }
    return ExitCode.done
  }

  /// The last deployment of a project; of `main`, the last that has a log.
  private static func last(_ client: Client, of slug: String?) throws -> String {
    guard let slug else { return "last" }
    let page = try client.get("/api/deployments?limit=1&slug=\(Percent.encode(slug))")
    guard let id = page["items"]?.elements.first?["id"]?.int else {
      throw ClientError(message: "there is no deployment of \(slug) yet", exitCode: ExitCode.failed)
    }
    return String(id)
  }

  /// To the end, with the outcome as exit code.
  static func follow(_ client: Client, _ name: String, asJSON: Bool) throws -> Int32 {
    let id = try client.get("/api/deployments/\(name)")["id"]?.int ?? 0
    let text = EventText(colors: client.colors)
    var live = LiveLine(isOn: text.colors.isOn && !asJSON)
    var printout = Printout()
    let deployment: JSONNode
    do {
      try client.lines(
        "/api/deployments/\(id)/log?follow=1", onPause: { printout.flush() }, onIdle: { live.show() }
      ) { line in
        live.clear()
        if let event = show(line, text, asJSON, &printout) { live.note(event) }
      }
      live.clear()
      deployment = try client.get("/api/deployments/\(id)")
    } catch is ClientError {
      live.clear()
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

  @discardableResult
  private static func show(
    _ line: String, _ text: EventText, _ asJSON: Bool, _ printout: inout Printout
  ) -> JSONNode? {
    let event = try? JSONDocument(text: line).root
    if asJSON {
      printout.print(line)
    } else if let event, let text = text.text(of: event) {
      printout.print(text)
    }
    return event
  }
}
