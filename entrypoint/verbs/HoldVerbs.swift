import JSON

/// `bascule lock`, `unlock` and `resume`: what keeps deployments away, and what lets them in again.
enum HoldVerbs {
  static func lock(_ arguments: Arguments) throws -> Int32 {
    guard let reason = arguments["-m"], !reason.isEmpty else {
      throw UsageError("lock needs a reason: -m WHY")
    }
    let answer = try Client().post(Client.route(arguments, "lock"), [("reason", .string(reason))])
    Terminal.print(arguments.has("--json") ? JSONText.compact(answer) : "locked: \(reason)")
    return ExitCode.done
  }

  static func unlock(_ arguments: Arguments) throws -> Int32 { try lift("unlock", "unlocked", arguments) }

  static func resume(_ arguments: Arguments) throws -> Int32 { try lift("resume", "resumed", arguments) }

  private static func lift(_ path: String, _ word: String, _ arguments: Arguments) throws -> Int32 {
    let answer = try Client().post(Client.route(arguments, path))
    if arguments.has("--json") {
      Terminal.print(JSONText.compact(answer))
      return ExitCode.done
    }
    Terminal.print(word)
    let skipped = answer["skipped"]?.elements ?? []
    for deployment in skipped {
      let commit =
        deployment["commit"]?.string.map { String($0.prefix(7)) } ?? deployment["ref"]?.string ?? "?"
      Terminal.print(
        "  skipped meanwhile: \(commit) by \(deployment["actor"]?.string ?? "?") \(deployment["message"]?.string ?? "")"
      )
    }
    if !skipped.isEmpty { Terminal.print("  `bascule deploy` brings the branch's tip live") }
    return ExitCode.done
  }
}
