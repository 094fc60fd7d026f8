import JSON

/// `bascule health`: what an image's HEALTHCHECK asks, and other probes that can run a program.
enum HealthVerb {
  static func perform(_ arguments: Arguments) throws -> Int32 {
    let status = try Client().get(Client.route(arguments, "status"))
    guard let release = status["live"]?["release"]?.int else {
      Terminal.error(trouble(status))
      return ExitCode.failed
    }
    Terminal.print("release \(release) is live")
    return ExitCode.done
  }

  private static func trouble(_ status: JSONNode) -> String {
    if let current = status["current"], !current.isNull {
      return
        "no release is live yet: deployment #\(current["id"]?.int ?? 0) is \(current["state"]?.string ?? "?")"
    }
    if let last = status["last"], let error = last["error"]?.string {
      return "no release is live: deployment #\(last["id"]?.int ?? 0) failed: \(error)"
    }
    return status["state"]?.string == "pending"
      ? "no release is live yet: nothing has been deployed"
      : "no release is live: the app does not run; `bascule status` and the log say more"
  }
}
