import HTTP
import JSON

/// `bascule projects`: the apps besides `main`.
enum ProjectsVerb {
  static let values: Set<String> = [
    "--branch", "--owner", "--port", "--host", "--health", "--install", "--build", "--release", "--start",
  ]

  static func perform(_ arguments: Arguments) throws -> Int32 {
    let words = arguments.positional
    switch (words.first ?? "list", words.count) {
    case ("list", 0...1): return try list(arguments)
    case ("add", 3): return try add(words[1], words[2], arguments)
    case ("add", _): throw UsageError("projects add needs a slug and a repository")
    case ("remove", 2): return try remove(words[1], arguments)
    case ("remove", _): throw UsageError("projects remove needs a slug")
    default: throw UsageError("projects are listed, added or removed")
    }
  }

  private static func list(_ arguments: Arguments) throws -> Int32 {
    let answer = try Client().get("/api/projects")
    if arguments.has("--json") {
      Terminal.print(JSONText.compact(answer))
      return ExitCode.done
    }
    for project in answer["items"]?.elements ?? [] {
      let hosts = project["hosts"]?.elements.compactMap(\.string) ?? []
      let port = project["port"]?.int.map { ["port \($0)"] } ?? []
      let columns = [
        project["slug"]?.string ?? "?", project["state"]?.string ?? "?", project["repository"]?.string ?? "?",
        project["branch"]?.string ?? "?", (port + hosts).joined(separator: ", "),
      ]
      Terminal.print(columns.filter { !$0.isEmpty }.joined(separator: "  "))
    }
    return ExitCode.done
  }

  private static func add(_ slug: String, _ repository: String, _ arguments: Arguments) throws -> Int32 {
    let address = repository == "-" ? readLine() ?? "" : repository
    var wish: [(String, JSONValue)] = [("slug", .string(slug)), ("repository", .string(address))]
    let names = [
      "branch": "--branch", "owner": "--owner", "healthPath": "--health", "installCommand": "--install",
      "buildCommand": "--build", "releaseCommand": "--release", "startCommand": "--start",
    ]
    for (name, option) in names.sorted(by: { $0.key < $1.key }) {
      if let value = arguments[option] { wish.append((name, .string(value))) }
    }
    if let text = arguments["--port"] {
      guard let port = UInt16(text), port > 0 else {
        throw UsageError("--port takes a number from 1 to 65535, not \(text)")
      }
      wish.append(("port", .int(Int64(port))))
    }
    if let hosts = arguments["--host"] {
      let names = hosts.split(separator: ",").map { JSONValue.string($0.lowercased()) }
      wish.append(("hosts", .array(names)))
    }
    let answer = try Client().post("/api/projects", wish)
    Terminal.print(
      arguments.has("--json")
        ? JSONText.compact(answer)
        : "project \(slug) is added and its first deployment queued; `bascule status --project \(slug)` tells more"
    )
    return ExitCode.done
  }

  private static func remove(_ slug: String, _ arguments: Arguments) throws -> Int32 {
    let answer = try Client().delete("/api/projects/\(Percent.encode(slug))")
    Terminal.print(arguments.has("--json") ? JSONText.compact(answer) : "project \(slug) is gone")
    return ExitCode.done
  }
}
