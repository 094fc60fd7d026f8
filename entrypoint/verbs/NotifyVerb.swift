import JSON

/// `bascule notify test`: a message on every channel that is set up.
enum NotifyVerb {
  static func perform(_ arguments: Arguments) throws -> Int32 {
    guard arguments.positional == ["test"] else { throw UsageError("notify knows one word: test") }
    let answer = try Client().post("/api/notify/test")
    if arguments.has("--json") {
      Terminal.print(JSONText.compact(answer))
      return ExitCode.done
    }
    let items = answer["items"]?.elements ?? []
    if items.isEmpty { Terminal.print("no channel is set up; the README's table of settings names them") }
    for item in items {
      Terminal.print("\(item["channel"]?.string ?? "?"): \(item["message"]?.string ?? "?")")
    }
    return items.allSatisfy { $0["accepted"]?.bool == true } ? ExitCode.done : ExitCode.failed
  }
}
