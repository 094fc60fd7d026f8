import JSON

/// `bascule rollback [N|REF]`.
enum RollbackVerb {
  static func perform(_ arguments: Arguments) throws -> Int32 {
    let answer = try Client().post("/rollback", [("release", JSONValue(arguments.positional.first))])
    Terminal.print(
      arguments.has("--json")
        ? EventText.compact(answer)
        : "release \(answer["release"]?.int ?? 0) is live; pushes wait until `bascule resume` or a deployment by hand"
    )
    return ExitCode.done
  }
}
