import Foundation
import Testing

/// The rehearsal, as a user runs it. Its scratch folder is below the test's own, so that whatever it leaves is seen.
@Suite(.fewAtATime)
struct Drill {
  private static let sample = Toolbox.checkout + "/docker/sample-app"
  private static let all = [
    "first deployment", "good deployment", "broken build", "failing health check", "bad after the switch",
    "rollback by command", "kill -9 of the app", "kill -9 of Bascule",
  ]

  @Test func `all of it goes as expected with the sample app, and leaves nothing`() async throws {
    try await Workspace.with { workspace in
      let finished = try await drill(workspace)
      #expect(finished.code == 0, "\(finished)")
      #expect(finished.output.contains("All 8 went as expected"), "\(finished)")
      let rows = finished.output.split(separator: "\n").filter { $0.hasPrefix("ok  ") }
      #expect(rows.count == 8, "\(finished)")
      for (row, name) in zip(rows, Self.all) { #expect(row.contains(name)) }
      #expect(!finished.output.contains("\u{1b}"))
      #expect(finished.errors.isEmpty, "\(finished)")
      try expectNothingLeft(of: workspace)
    }
  }

  @Test func `each half has its own rows, and a program can read them`() async throws {
    try await Workspace.with { workspace in
      let good = try await drill(workspace, "--success", "--json")
      #expect(good.code == 0, "\(good)")
      let success = try JSON(parsing: good.output)
      #expect(success["asExpected"].bool == true)
      #expect(names(success) == ["first deployment", "good deployment", "rollback by command"])

      let bad = try await drill(workspace, "--failure", "--json")
      #expect(bad.code == 0, "\(bad)")
      let failure = try JSON(parsing: bad.output)
      #expect(names(failure) == Self.all.filter { !$0.hasPrefix("good") && !$0.hasPrefix("rollback") })
      for row in (success["rows"].list + failure["rows"].list).filter({ $0["name"].string != Self.all[0] }) {
        let requests = try #require(row["requests"].int)
        #expect(requests > 10, "\(row)")
        #expect(row["asExpected"].bool == true)
        #expect(try #require(row["durationMs"].int) > 0)
        #expect(try #require(row["longestMs"].int) >= 0)
        let isBad = row["name"].string == "bad after the switch"
        let failed = try #require(row["failed"].int)
        #expect(isBad ? failed >= 5 : failed == 0, "\(row)")
      }
      try expectNothingLeft(of: workspace)
    }
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP, SIGKILL])
  func `interrupted or killed it leaves nothing`(number: Int32) async throws {
    try await Workspace.with { workspace in
      for stage in ["first deployment: ok", "broken build: ok"] {
        let child = try start(workspace)
        try await eventually("it rehearses\n\(child.errors)") { child.output.contains(stage) }
        let pid = try await child.pid()
        #expect(!processes(of: workspace).isEmpty)
        kill(pid, number)
        #expect(try await child.ended() == 128 + number)
        try await eventually("nothing of it is left") {
          processes(of: workspace).isEmpty && left(workspace).isEmpty
        }
      }
    }
  }

  @Test func `when its inner half is killed nothing of it runs on`() async throws {
    try await Workspace.with { workspace in
      let child = try start(workspace)
      try await eventually("it rehearses") { child.output.contains("good deployment: ok") }
      let outer = try await child.pid()
      let inner = try #require(Procfs.children(of: outer).first)
      kill(inner, SIGKILL)
      #expect(try await child.ended() == 137)
      try await eventually("nothing of it runs") { processes(of: workspace).isEmpty }
    }
  }

  @Test func `an app that cannot start is told, and the folder is kept`() async throws {
    try await Workspace.with { workspace in
      try workspace.makeFolder("broken")
      try workspace.write(#"{"scripts":{"start":"echo no database; exit 3"}}"#, to: "broken/package.json")
      let finished = try await drill(workspace, app: workspace.path + "/broken")
      #expect(finished.code == 1, "\(finished)")
      #expect(finished.output.contains("NOT  first deployment"), "\(finished)")
      #expect(finished.output.contains("exit code 3"), "\(finished)")
      #expect(finished.output.contains("Not as expected: first deployment; 7 more were not tried."))
      let log = try #require(finished.output.firstMatch(of: #/log of the drill's Bascule is (\S+);/#)?.1)
      #expect(try String(contentsOfFile: String(log), encoding: .utf8).contains("no database"))
      #expect(left(workspace).count == 1)
      #expect(processes(of: workspace).isEmpty)
    }
  }

  @Test func `a bun that does not work is told`() async throws {
    try await Workspace.with { workspace in
      try workspace.makeFolder("bin")
      try workspace.write("#!/bin/sh\necho bun is broken >&2\nexit 1\n", to: "bin/bun", mode: 0o755)
      let finished = try await drill(
        workspace, "--json", with: ["PATH": workspace.path + "/bin:" + (try Toolbox.path())])
      #expect(finished.code == 1, "\(finished)")
      let report = try JSON(parsing: finished.output)
      #expect(report["asExpected"].bool == false)
      #expect(names(report) == ["first deployment"])
      #expect(finished.errors.contains("first deployment"), "\(finished)")
      #expect(left(workspace).count == 1)
      #expect(processes(of: workspace).isEmpty)
    }
  }

  /// An app that breaks a promise on its own: it cannot be started a second time.
  @Test func `a row that goes wrong is named, and the others are tried`() async throws {
    try await Workspace.with { workspace in
      try workspace.makeFolder("once")
      try workspace.write(#"{"scripts":{"start":"bun once.ts"}}"#, to: "once/package.json")
      try workspace.write(
        """
        import { existsSync, writeFileSync } from "node:fs";
        const mark = "../../once";
        if (existsSync(mark)) throw new Error("once is enough");
        writeFileSync(mark, "");
        Bun.serve({ port: process.env.PORT, fetch: () => new Response("once") });
        """, to: "once/once.ts")
      let finished = try await drill(workspace, "--success", app: workspace.path + "/once")
      #expect(finished.code == 1, "\(finished)")
      #expect(finished.output.contains("ok   first deployment"), "\(finished)")
      #expect(finished.output.contains("NOT  good deployment"), "\(finished)")
      #expect(finished.output.contains("once is enough") || finished.output.contains("exit code 1"))
      #expect(finished.output.contains("NOT  rollback by command"), "\(finished)")
      #expect(finished.output.contains("Not as expected: good deployment, rollback by command."))
      #expect(processes(of: workspace).isEmpty)
    }
  }

  @Test func `an app of one's own, from a repository, with other commands and one port only`() async throws {
    try await Workspace.with { workspace in
      let repository = try await Repository(in: workspace, named: "own app")
      try repository.write(
        "server.ts",
        Data(
          """
          process.on("SIGTERM", () => process.exit(0));
          Bun.serve({ port: process.env.OWN, fetch: () => new Response("mine", { status: 404 }) });
          """.utf8))
      try await repository.commitAll("Without a package.json")
      let before = try await repository.head()
      try await repository.git("checkout", "--quiet", "-b", "trunk")
      let port = try freePort()
      let finished = try await drill(
        workspace, "--json",
        with: ["START_COMMAND": "OWN=$PORT bun server.ts", "BUILD_COMMAND": "true", "APP_PORT": "\(port)"],
        app: repository.path)
      #expect(finished.code == 0, "\(finished)")
      #expect(try names(JSON(parsing: finished.output)) == Self.all)
      #expect(try await repository.head() == before)
      #expect(try await repository.git("status", "--porcelain") == "")
      try expectNothingLeft(of: workspace)
    }
  }

  @Test func `a manager beside it notices nothing, and its secrets stay with it`() async throws {
    let secret = "hidden-from-the-drill"
    try await withLiveApp(["GIT_TOKEN": secret]) { manager, _ in
      let before = try await manager.status()
      let log = manager.log
      let workspace = manager.workspace
      let child = try start(
        workspace, "--failure",
        with: [
          "APP_ROOT": manager.root, "PORT": "\(manager.port)", "CONTROL_PORT": "\(manager.controlPort)",
          "GIT_TOKEN": secret, "WEBHOOK_SECRET": secret,
          "NOTIFY_WEBHOOK_URL": "https://example.org/\(secret)",
          "START_COMMAND": "bun build/index.js",
        ], into: try await manager.pid())
      try await eventually("the app of the drill runs\n\(child.errors)") {
        processes(of: workspace).contains { Procfs.commandLine($0).contains("build/index.js") }
      }
      for pid in processes(of: workspace) {
        let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ") ?? Data()
        #expect(!String(decoding: environment, as: UTF8.self).contains(secret))
      }
      #expect(try await child.ended() == 0, "\(child.output)\(child.errors)")
      let after = try await manager.status()
      #expect(after["live"]["pid"].int == before["live"]["pid"].int)
      #expect(after["live"]["restarts"].int == 0)
      #expect(after["last"]["id"].int == before["last"]["id"].int)
      #expect(manager.log == log)
      #expect(try await manager.app()["version"].string == "1")
      try expectNothingLeft(of: workspace)
    }
  }

  @Test func `what it cannot work with is told in a sentence`() async throws {
    try await Workspace.with { workspace in
      let missing = try await drill(workspace, app: workspace.path + "/missing")
      #expect(missing.code == 1)
      #expect(missing.errors.contains("--app"), "\(missing)")
      let readOnly = try await drill(workspace, with: ["TMPDIR": workspace.path + "/none"])
      #expect(readOnly.code == 1)
      #expect(readOnly.errors.contains("TMPDIR"), "\(readOnly)")
      let wrong = try await drill(workspace, with: ["APP_PORT": "many"])
      #expect(wrong.code == 78)
      #expect(wrong.errors.contains("APP_PORT"), "\(wrong)")
      try workspace.makeFolder("odd")
      try workspace.write("{ // a comment\n}", to: "odd/package.json")
      let odd = try await drill(workspace, app: workspace.path + "/odd")
      #expect(odd.code == 1)
      #expect(odd.errors.contains("package.json"), "\(odd)")
      let both = try await drill(workspace, "--success", "--failure")
      #expect(both.code == 2)
      #expect(both.errors.contains("exclude each other"), "\(both)")
      try expectNothingLeft(of: workspace)
    }
  }

  // MARK: Running it

  private func drill(
    _ workspace: Workspace, _ arguments: String..., with settings: [String: String] = [:],
    app: String = sample
  ) async throws -> Finished {
    try await workspace.attempt(
      command(arguments, app), environment: environment(workspace).merging(settings) { $1 })
  }

  private func start(
    _ workspace: Workspace, _ arguments: String..., with settings: [String: String] = [:],
    into namespace: pid_t? = nil
  ) throws -> Child {
    let enter = namespace.map { ["nsenter", "--target", "\($0)", "--pid", "--mount"] } ?? []
    return try Child.start(
      enter + command(arguments, Self.sample), in: workspace,
      environment: environment(workspace).merging(settings) { $1 })
  }

  private func command(_ arguments: [String], _ app: String) throws -> [String] {
    [try Toolbox.bascule, "drill", "--app", app] + arguments
  }

  private func environment(_ workspace: Workspace) -> [String: String] {
    ["TMPDIR": workspace.path + "/files", "HEALTH_CHECK_TIMEOUT": "8"]
  }

  // MARK: What is seen of it

  private func names(_ report: JSON) -> [String] { report["rows"].list.compactMap { $0["name"].string } }

  private func left(_ workspace: Workspace) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: workspace.path + "/files")) ?? []
  }

  private func processes(of workspace: Workspace) -> [pid_t] {
    Procfs.pids().filter {
      Procfs.state($0) != "Z" && Procfs.folder($0).hasPrefix(workspace.path + "/files/bascule-drill-")
    }
  }

  private func expectNothingLeft(of workspace: Workspace) throws {
    #expect(left(workspace).isEmpty)
    #expect(processes(of: workspace).isEmpty)
  }
}
