import Foundation
import Testing

/// What the verbs print and how they exit.
@Suite(.fewAtATime)
struct Commands {
  @Test(arguments: [
    ["nonsense"], ["deploy", "--nonsense"], ["deploy", "--timeout", "soon"],
    ["rollback", "1", "2"], ["cancel"], ["lock"], ["init"], ["init", "--"], ["logs", "x", "y"],
  ])
  func `wrong usage exits with 2 and shows the right one`(arguments: [String]) async throws {
    try await Workspace.with { workspace in
      let finished = try await workspace.attempt(
        [Toolbox.bascule] + arguments, environment: ["APP_ROOT": workspace.path])
      #expect(finished.code == 2, "\(arguments): \(finished)")
      #expect(finished.errors.contains("bascule"), "\(finished)")
      #expect(finished.output.isEmpty)
    }
  }

  @Test(arguments: [
    ["status"], ["deploy"], ["rollback"], ["releases"], ["logs"], ["cancel", "1"], ["unlock"], ["health"],
  ])
  func `without a manager the exit code is 69`(arguments: [String]) async throws {
    try await Workspace.with { workspace in
      let finished = try await workspace.attempt(
        [Toolbox.bascule] + arguments, environment: ["APP_ROOT": workspace.path])
      #expect(finished.code == 69, "\(arguments): \(finished)")
      #expect(finished.errors.contains(workspace.path), "\(finished)")
    }
  }

  @Test func `a manager that ends meanwhile is told of, and ends nobody by a signal`() async throws {
    try await Workspace.with { workspace in
      try workspace.makeFolder("shared")
      // Each is closed at once: before the command has asked, or after.
      let manager = try ScriptedUpstream(unix: workspace.path + "/shared/bascule.sock") { _, _ in }
      defer { manager.stop() }
      for _ in 0..<30 {
        let finished = try await workspace.attempt(
          [Toolbox.bascule, "status"], environment: ["APP_ROOT": workspace.path])
        #expect(finished.code == 69 && finished.errors.contains("try again"), "\(finished)")
      }
    }
  }

  @Test func `help and version need no manager`() async throws {
    try await Workspace.with { workspace in
      let help = try await workspace.attempt([Toolbox.bascule, "help"])
      #expect(help.code == 0)
      for verb in [
        "run", "deploy", "rollback", "resume", "releases", "status", "logs", "cancel", "lock", "unlock",
        "health", "init", "version", "help",
      ] { #expect(help.output.contains(verb)) }
      let version = try await workspace.attempt([Toolbox.bascule, "version"])
      #expect(version.code == 0)
      #expect(version.output.contains(#/\d+\.\d+/#))
    }
  }

  @Test func `status tells all at a glance, for persons and for programs`() async throws {
    try await withLiveApp { manager, repository in
      let commit = try await repository.head()
      let status = try await manager.status()
      #expect(status["project"].string == "main")
      #expect(status["state"].string == "running")
      #expect(status["live"]["release"].int == 1)
      #expect(status["live"]["commit"].string == commit)
      #expect(status["live"]["since"].string?.contains("T") == true)
      #expect(try #require(status["live"]["pid"].int) > 1)
      #expect(try #require(status["live"]["memoryBytes"].int) > 1_000_000)
      #expect(status["live"]["restarts"].int == 0)
      #expect(status["current"].isNull)
      #expect(status["queue"].list.isEmpty)
      #expect(status["last"]["state"].string == "success")
      #expect(status["last"]["commit"].string == commit)
      #expect(status["last"]["message"].string == "Version 1")
      #expect(status["last"]["release"].int == 1)
      let text = try await manager.bascule("status").output
      for part in ["1", String(commit.prefix(7)), "MiB", "success"] {
        #expect(text.contains(part), "\(text)")
      }
    }
  }

  @Test func `health is good while a release is live, else it says what is not`() async throws {
    try await Workspace.with { workspace in
      let repository = try await Repository(in: workspace)
      try await repository.commit("1", build: "echo no template; exit 7")
      let manager = try await Manager.start(in: workspace, ["GIT_REPO": repository.path])
      try await manager.whileRunning("the first deployment has failed") {
        (try? await manager.status())?["last"]["state"].string == "failed"
      }
      let bad = try await manager.bascule("health", exits: 1)
      #expect(bad.errors.contains("deployment #1 failed"), "\(bad)")
      #expect(bad.errors.split(separator: "\n").count == 1, "\(bad)")
      try await manager.deploy(repository.commit("2"), serving: "2")
      let good = try await manager.bascule("health", exits: 0)
      #expect(good.output == "release 2 is live\n")
      try await manager.bascule("health", "--project", "nobody", exits: 1)
    }
  }

  @Test func `deploy follows to the switch, and says how it failed`() async throws {
    try await withLiveApp { manager, repository in
      try await repository.commit("2", build: "echo building the second")
      let good = try await manager.bascule("deploy")
      #expect(good.code == 0, "\(good)")
      #expect(good.output.contains("building the second"))
      #expect(try await manager.app()["version"].string == "2")

      try await repository.commit("3", build: "echo no template; exit 7")
      let bad = try await manager.bascule("deploy", "--follow")
      #expect(bad.code == 1, "\(bad)")
      #expect((bad.output + bad.errors).contains("no template"))

      let slow = try await repository.commit(
        "4", build: "until [ -e ../../shared/go ]; do sleep 0.05; done")
      let background = try await manager.bascule("deploy", "--background", "--json")
      #expect(background.code == 0, "\(background)")
      #expect(try JSON(parsing: background.output)["status"].string == "queued")
      #expect(try await manager.app()["version"].string == "2")
      try "on".write(toFile: manager.root + "/shared/go", atomically: false, encoding: .utf8)
      #expect(try await manager.untilServes("4")["commit"].string == slow)
    }
  }

  @Test func `deploy takes any commit or branch, and the same again only by force`() async throws {
    try await withLiveApp { manager, repository in
      let first = try await repository.head()
      try await repository.commit("2")
      try await manager.bascule("deploy", exits: 0)
      try await manager.bascule("deploy", "--ref", first, "--force", exits: 0)
      #expect(try await manager.app()["version"].string == "1")
      try await repository.git("checkout", "--quiet", "-b", "feature")
      try await repository.commit("3")
      try await manager.bascule("deploy", "--ref", "feature", exits: 0)
      #expect(try await manager.app()["version"].string == "3")
      try await manager.bascule("deploy", "--ref", "feature", "--force", exits: 0)
      let app = try await manager.app()
      #expect(app["version"].string == "3")
      #expect(app["release"].string == "5")
      try await manager.bascule("deploy", "--mode", "sideways", exits: 2)
      let unknown = try await manager.bascule("deploy", "--ref", "no-such-branch", exits: 1)
      #expect((unknown.output + unknown.errors).contains("no-such-branch"))
    }
  }

  @Test func `rollback goes back without git, build or network`() async throws {
    try await withLiveApp { manager, repository in
      try await manager.deploy(repository.commit("2"), serving: "2")
      try await manager.deploy(repository.commit("3"), serving: "3")
      try FileManager.default.moveItem(atPath: repository.path, toPath: repository.path + ".away")
      let back = try await manager.bascule("rollback")
      #expect(back.code == 0, "\(back)")
      #expect(try await manager.app()["version"].string == "2")
      #expect(manager.current == "releases/2")
      try await manager.bascule("rollback", "1", exits: 0)
      #expect(try await manager.app()["version"].string == "1")
      #expect(manager.file("revisions.log")?.hasSuffix("rolled back to release 1\n") == true)
      let unknown = try await manager.bascule("rollback", "99")
      #expect(unknown.code == 1, "\(unknown)")
      #expect(unknown.errors.contains("99"))
      #expect(try await manager.app()["version"].string == "1")
      #expect(try await manager.status()["paused"].isNull == false)
    }
  }

  @Test func `cancel ends the whole process group, and the next one starts`() async throws {
    try await withLiveApp { manager, repository in
      try await repository.commit("2", build: "sleep 987654 & sleep 987654")
      let id = try #require(try await manager.webhook.post(Data()).json["deployment"].text)
      let pid = try await manager.pid()
      try await eventually("it builds") { sleepers(of: pid).count == 2 }
      let third = try await repository.commit("3")
      #expect(try await manager.webhook.push(.init(after: third)).status == 202)
      try await manager.bascule("cancel", id, exits: 0)
      try await manager.untilServes("3")
      #expect(sleepers(of: pid).isEmpty)
      let log = try await manager.bascule("logs", id)
      #expect(log.output.contains("cancel"), "\(log)")
      #expect(try await manager.bascule("cancel", id).code != 0)
    }
  }

  @Test func `a lock holds deployments back until it is lifted`() async throws {
    try await withLiveApp { manager, repository in
      try await manager.bascule("lock", "-m", "counting votes", exits: 0)
      try await repository.commit("2")
      let locked = try await manager.bascule("deploy")
      #expect(locked.code == 75, "\(locked)")
      #expect(locked.errors.contains("counting votes"))
      #expect(try await manager.status()["lock"].description.contains("counting votes"))
      #expect(try await manager.stop() == 0)
      let again = try await manager.again(["GIT_REPO": repository.path])
      try await again.untilServes("1")
      #expect(try await again.status()["lock"].description.contains("counting votes"))
      try await again.bascule("unlock", exits: 0)
      try await again.bascule("deploy", exits: 0)
      try await again.untilServes("2")
    }
  }

  @Test func `logs show the whole of a deployment, live and afterwards`() async throws {
    try await withLiveApp { manager, repository in
      try await repository.commit("2", build: "for n in 1 2 3 4 5; do echo step $n; sleep 0.2; done")
      let id = try #require(try await manager.webhook.post(Data()).json["deployment"].text)
      let live = try await manager.bascule("logs", "-f", id)
      #expect(live.code == 0, "\(live)")
      let after = try await manager.bascule("logs", id)
      for text in [live.output, after.output] {
        for step in 1...5 { #expect(text.contains("step \(step)")) }
        #expect(text.contains("Release 2 is live"), "\(text)")
      }
      #expect(try await manager.bascule("logs").output == after.output)
      #expect(try await manager.bascule("logs", "999").code != 0)
    }
  }

  @Test func `a secret in the output of a build is masked everywhere`() async throws {
    try await withLiveApp(["GIT_TOKEN": "tok-1234567890"]) { manager, repository in
      let hidden = Data("tok-1234567890".utf8).base64EncodedString()
      try await repository.commit("2", build: "echo a=tok-1234567890 b=\(hidden) c=$GIT_TOKEN.")
      let finished = try await manager.bascule("deploy")
      #expect(finished.code == 0, "\(finished)")
      let found = try await manager.workspace.attempt(
        ["grep", "-rlE", "tok-1234567890|\(hidden)", manager.root + "/shared/logs"])
      #expect(found.output.isEmpty)
      for text in [finished.output, manager.log] {
        // The command itself is echoed by bun, masked as well.
        #expect(!text.contains("tok-1234567890"))
        #expect(!text.contains(hidden))
      }
      #expect(finished.output.contains("c=."), "\(finished.output)")
    }
  }

  @Test func `LOG_FORMAT=json makes every line an object`() async throws {
    try await withLiveApp(["LOG_FORMAT": "json"]) { manager, _ in
      let lines = manager.log.split(separator: "\n")
      #expect(lines.count > 5)
      for line in lines {
        let names = try JSON(parsing: String(line)).names
        #expect(!names.isEmpty)
      }
    }
  }

  @Test func `deploy --json prints one object a line, and ends with its code`() async throws {
    try await withLiveApp { manager, repository in
      try await repository.commit("2", build: "echo to be seen; exit 3")
      let finished = try await manager.bascule("deploy", "--json")
      #expect(finished.code == 1)
      let events = try finished.output.split(separator: "\n").map { try JSON(parsing: String($0)) }
      #expect(
        events.contains { $0["type"].string == "log" && $0["message"].string?.contains("to be seen") == true }
      )
      #expect(events.contains { $0["type"].string == "error" && $0["code"].int == 3 })
      #expect(events.last?["type"].string == "end", "\(finished)")
      #expect(!events.contains { $0["type"].string == "complete" })
    }
  }

  private func sleepers(of pid: pid_t) -> [pid_t] {
    Procfs.descendants(of: pid).filter { Procfs.commandLine($0) == ["sleep", "987654"] }
  }
}
