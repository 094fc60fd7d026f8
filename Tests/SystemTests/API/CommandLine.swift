import Foundation
import Testing

/// The commands as people and scripts use them: on a terminal, through a pipe, wrongly.
@Suite(.fewAtATime)
struct CommandLine {
  private static let escape = "\u{1b}["

  /// As on a terminal: what the command writes there, and its exit code.
  private func onTerminal(
    _ manager: Manager, _ command: String, _ environment: [String: String] = [:]
  ) async throws -> Finished {
    let script = try Toolbox.find("script", package: "bsdutils")
    return try await manager.workspace.attempt(
      [script, "-qec", "\(try Toolbox.bascule) \(command)", "/dev/null"],
      environment: ["APP_ROOT": manager.root, "TERM": "xterm-256color"].merging(environment) { $1 })
  }

  @Test func `deploy --follow through a pipe is plain text`() async throws {
    try await withLiveApp { manager, repository in
      try await repository.commit("2", build: "printf '\\033[32mgreen\\033[0m\\n'; sleep 1")
      let finished = try await manager.bascule("deploy", "--follow", exits: 0)
      #expect(!finished.output.contains("\u{1b}"), "\(finished)")
      #expect(!finished.output.contains("\r"), "\(finished)")
      let lines = finished.output.split(separator: "\n").map(String.init)
      #expect(
        lines.filter { $0.hasPrefix("[PHASE] ") }.map { String($0.dropFirst(8).prefix(3)) } == [
          "1/4", "2/4", "3/4", "4/4",
        ])
      #expect(lines.contains("green"), "\(finished)")
      #expect(lines.filter { $0.hasPrefix("[SUCCESS] ") }.count == 4)
    }
  }

  @Test func `on a terminal it has the mission's colours and a live line`() async throws {
    try await withLiveApp { manager, repository in
      try await repository.commit("2", build: "echo plain words; sleep 1.5")
      let shown = try await onTerminal(manager, "deploy --follow")
      #expect(shown.code == 0, "\(shown)")
      let text = shown.output
      for (kind, start) in [
        ("phase", "\(Self.escape)1;35m[PHASE] 3/4"), ("info", "\(Self.escape)34m[INFO] "),
        ("log", "\(Self.escape)90mplain words"), ("success", "\(Self.escape)32m[SUCCESS] Phase 3"),
        ("complete", "\(Self.escape)1;32m"),
      ] {
        #expect(text.contains(start), "\(kind): \(text.debugDescription)")
      }
      #expect(text.hasPrefix("\(Self.escape)34m"), "\(text.prefix(100).debugDescription)")
      // Redrawn in place with the phase and the time, and gone in the end.
      #expect(text.contains("\r\(Self.escape)K\(Self.escape)36m… 3/4"), "\(text.debugDescription)")
      #expect(text.contains(" · 1 s\(Self.escape)0m"), "\(text.debugDescription)")
      let last = try #require(text.components(separatedBy: "\n").last { !$0.isEmpty })
      #expect(last.contains("\(Self.escape)1;32m"), "\(last.debugDescription)")

      try await repository.commit("3", build: "exit 9")
      let failed = try await onTerminal(manager, "deploy")
      #expect(failed.code == 1)
      #expect(failed.output.contains("\(Self.escape)1;31m[ERROR] "), "\(failed.output.debugDescription)")
    }
  }

  @Test func `NO_COLOR and a dumb terminal get no colours`() async throws {
    try await withLiveApp { manager, repository in
      for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        try await repository.commit(name, build: "printf '\\033[32mgreen\\033[0m\\n'; sleep 1")
        let shown = try await onTerminal(manager, "deploy", [name: value])
        #expect(shown.code == 0)
        #expect(!shown.output.contains("\u{1b}"), "\(name): \(shown.output.debugDescription)")
        #expect(shown.output.contains("[PHASE] 4/4"))
      }
      let empty = try await onTerminal(manager, "logs", ["NO_COLOR": ""])
      #expect(empty.output.contains(Self.escape))
    }
  }

  @Test func `several processes follow the same deployment, each to its end`() async throws {
    try await withLiveApp { manager, repository in
      let gate = manager.workspace.path + "/go"
      try await repository.commit(
        "2", build: "echo at the gate; while ! test -e \(gate); do sleep 0.05; done; echo through")
      let queued = try await manager.bascule("deploy", "--background", "--json", exits: 0)
      let id = try #require(try JSON(parsing: queued.output)["deployment"].text)
      let followers = try (0..<3).map { _ in
        try Child.start(
          [Toolbox.bascule, "logs", "-f", id], in: manager.workspace, environment: ["APP_ROOT": manager.root])
      }
      for follower in followers {
        try await manager.whileRunning("it follows") { follower.output.contains("at the gate") }
        #expect(!follower.output.contains("\nthrough\n"))
      }
      // One that goes away is nobody's loss.
      try await followers[0].signal(SIGKILL)
      _ = FileManager.default.createFile(atPath: gate, contents: nil)
      let whole = followers.dropFirst()
      for follower in whole { #expect(try await follower.ended() == 0, "\(follower.errors)") }
      let after = try await manager.bascule("logs", id, exits: 0).output
      for follower in whole { #expect(follower.output == after) }
      try await repository.commit("3", build: "exit 4")
      let failed = try await manager.bascule("deploy", exits: 1)
      #expect(failed.errors.contains("ended as failed"), "\(failed)")
      try await manager.bascule("logs", "-f", exits: 1)
      try await manager.bascule("logs", exits: 0)
    }
  }

  @Test func `cancel ends a deployment that another process follows`() async throws {
    try await withLiveApp { manager, repository in
      try await repository.commit("2", build: "echo begun; sleep 987652")
      let follower = try Child.start(
        [Toolbox.bascule, "deploy", "--follow"], in: manager.workspace,
        environment: ["APP_ROOT": manager.root])
      try await manager.whileRunning("it builds") { follower.output.contains("begun") }
      let id = try #require(try await manager.status()["current"]["id"].text)
      try await manager.bascule("cancel", id, exits: 0)
      #expect(try await follower.ended() == 1)
      #expect(follower.errors.contains("#\(id) ended as canceled"), "\(follower.errors)")
      #expect(try await manager.processes(["sleep", "987652"]).isEmpty)
      #expect(try await manager.bascule("cancel", id).code == 1)
      #expect(try await manager.bascule("cancel", "4711").code == 1)
    }
  }

  @Test func `Ctrl-C ends the watching, not the deployment`() async throws {
    try await withLiveApp { manager, repository in
      let gate = manager.workspace.path + "/go"
      try await repository.commit("2", build: "echo begun; while ! test -e \(gate); do sleep 0.05; done")
      let follower = try Child.start(
        [Toolbox.bascule, "deploy"], in: manager.workspace, environment: ["APP_ROOT": manager.root])
      try await manager.whileRunning("it builds") { follower.output.contains("begun") }
      try await follower.signal(SIGINT)
      _ = try await follower.ended()
      _ = FileManager.default.createFile(atPath: gate, contents: nil)
      try await manager.untilServes("2")
    }
  }

  @Test func `a manager that goes away is told to whoever follows`() async throws {
    try await withLiveApp { manager, repository in
      try await repository.commit("2", build: "echo begun; sleep 987653")
      let follower = try Child.start(
        [Toolbox.bascule, "deploy"], in: manager.workspace, environment: ["APP_ROOT": manager.root])
      try await manager.whileRunning("it builds") { follower.output.contains("begun") }
      try await manager.kill9()
      #expect(try await follower.ended() == 1)
      #expect(follower.errors.contains("the manager stopped before deployment #2 had ended"))
      let again = try await manager.again(["GIT_REPO": repository.path])
      try await again.untilServes("1")
      let log = try await again.bascule("logs", "2", exits: 0).output
      #expect(log.contains("[ERROR] the manager ended while deployment #2 ran"), "\(log)")
    }
  }

  @Test func `a token is one line that the API takes`() async throws {
    try await withLiveApp { manager, _ in
      let finished = try await manager.bascule("token", "--sub", "ada", "--ttl", "2h", exits: 0)
      let token = finished.output.trimmingCharacters(in: .newlines)
      #expect(finished.output == token + "\n" && token.split(separator: ".").count == 3)
      #expect(try await manager.api("/api/projects", token: token).json["items"].list.isEmpty)
      let json = try await manager.bascule("token", "--sub", "ada", "--admin", "--json", exits: 0)
      let admin = try #require(try JSON(parsing: json.output)["token"].string)
      #expect(try await manager.api("/api/projects", token: admin).json["items"].list.count == 1)
      let brief = try await manager.bascule("token", "--sub", "ada", "--ttl", "1", exits: 0)
      // It is taken for a minute more: clocks differ.
      #expect(
        try await manager.api("/api/projects", token: brief.output.trimmingCharacters(in: .newlines)).status
          == 200)
    }
  }

  @Test func `projects lists, adds and removes`() async throws {
    try await withLiveApp { manager, repository in
      #expect(try await manager.bascule("projects", exits: 0).output.contains("main  running  "))
      let other = try await Repository(in: manager.workspace, named: "other")
      try await other.commit("v1")
      let added = try await manager.bascule(
        "projects", "add", "other", other.path, "--host", "a.test,B.test", "--owner", "ada", "--branch",
        "main", "--start", "bun index.ts", "--json", exits: 0)
      let project = try JSON(parsing: added.output)
      #expect(project["slug"].string == "other" && project["owner"].string == "ada")
      #expect(project["hosts"].list.map(\.string) == ["a.test", "b.test"])
      #expect(project["startCommand"].string == "bun index.ts")
      try await manager.untilServes("v1", host: "b.test")
      let text = try await manager.bascule("projects", "list", exits: 0).output
      #expect(text.contains("other  running  \(other.path)  main  a.test, b.test"), "\(text)")
      #expect(try await manager.bascule("projects", "add", "other", other.path).code == 1)
      try await manager.bascule("projects", "remove", "other", exits: 0)
      #expect(try await manager.bascule("projects", "remove", "other").code == 1)
    }
  }

  @Test func `what is no command is told so, with exit code 2`() async throws {
    try await Workspace.with { workspace in
      let wrong: [[String]] = [
        ["frobnicate"], ["deploy", "--follow", "--background"], ["deploy", "a", "b"],
        ["deploy", "--mode", "quick"], ["deploy", "--timeout", "soon"], ["deploy", "--ref"],
        ["deploy", "--nonsense"], ["cancel"], ["cancel", "x"], ["lock"], ["maintenance"],
        ["maintenance", "perhaps"], ["projects", "add", "a"], ["projects", "remove"], ["projects", "paint"],
        ["projects", "add", "a", "b", "--port", "0"], ["projects", "add", "a", "b", "--port", "70000"],
        ["token"], ["token", "--sub", "a", "--ttl", "0"], ["token", "--sub", "a", "--ttl", "soon"],
        ["token", "--sub", ""], ["audit", "--limit", "0"], ["audit", "--limit", "x"], ["notify"],
        ["notify", "everybody"], ["logs", "1", "2"],
      ]
      for words in wrong {
        let finished = try await workspace.attempt(
          [try Toolbox.bascule] + words, environment: ["APP_ROOT": workspace.path + "/nothing"])
        #expect(finished.code == 2, "\(words): \(finished)")
        #expect(finished.errors.hasPrefix("bascule: ") && finished.output.isEmpty, "\(words): \(finished)")
      }
      for words in [["projects"], ["token", "--sub", "a"], ["audit"], ["logs"], ["cancel", "1"]] {
        let finished = try await workspace.attempt(
          [try Toolbox.bascule] + words, environment: ["APP_ROOT": workspace.path + "/nothing"])
        #expect(finished.code == 69, "\(words): \(finished)")
      }
      for verb in ["deploy", "logs", "cancel", "projects", "token", "audit", "notify"] {
        let help = try await workspace.run([try Toolbox.bascule, verb, "--help"])
        #expect(help.hasPrefix("usage: bascule \(verb)"), "\(help)")
      }
    }
  }
}
