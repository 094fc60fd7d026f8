import JSON

/// `bascule rollback [N|REF]`.
enum RollbackVerb {
  static func perform(_ arguments: Arguments) throws -> Int32 {
    let answer = try Client().post(
      Client.route(arguments, "rollback"), [("release", JSONValue(arguments.positional.first))])
    Terminal.print(
      arguments.has("--json")
        ? JSONText.compact(answer)
        : "release \(answer["release"]?.int ?? 0) is live; pushes wait until `bascule resume` or a deployment by hand"
    )
    return ExitCode.done
  }
}
