import JSON

/// `bascule token`: a token for the API, of whoever can use the manager's socket.
enum TokenVerb {
  static func perform(_ arguments: Arguments) throws -> Int32 {
    guard let subject = arguments["--sub"], !subject.isEmpty else {
      throw UsageError("token needs --sub: whose token it is, as in a project's owner")
    }
    var wish: [(String, JSONValue)] = [
      ("sub", .string(subject)), ("admin", .bool(arguments.has("--admin"))),
    ]
    if let text = arguments["--ttl"] { wish.append(("ttl", .int(try seconds(text)))) }
    let answer = try Client().post("/api/tokens", wish)
    Terminal.print(arguments.has("--json") ? JSONText.compact(answer) : answer["token"]?.string ?? "")
    return ExitCode.done
  }

  /// `90`, `15m`, `12h` or `30d`.
  private static func seconds(_ text: String) throws -> Int64 {
    let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
    let unit = text.last.flatMap { units[$0] }
    let digits = unit == nil ? text[...] : text.dropLast()
    guard let number = Int64(digits), number > 0, number <= 10_000_000 else {
      throw UsageError("--ttl takes seconds, or a number with m, h or d, not \(text)")
    }
    return number * (unit ?? 1)
  }
}
