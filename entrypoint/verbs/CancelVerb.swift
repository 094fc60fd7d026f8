import JSON

/// `bascule cancel ID`.
enum CancelVerb {
  static func perform(_ arguments: Arguments) throws -> Int32 {
    guard let id = arguments.positional.first, Int64(id) != nil else {
      throw UsageError("cancel needs the number of a deployment; `bascule status` shows it")
    }
    let answer = try Client().post("/api/deployments/\(id)/cancel")
    Terminal.print(
      arguments.has("--json") ? JSONText.compact(answer) : "deployment #\(id) is being canceled")
    return ExitCode.done
  }
}
