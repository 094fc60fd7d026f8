import Foundation
import Testing

/// Two things at once: whichever comes first, what a person would call right is what holds at the end.
@Suite(.fewAtATime)
struct Races {
  // MARK: Against a switch

  @Test func `RELOAD while a new release starts does not undo its deployment`() async throws {
    try await withLiveApp { manager, repository in
      let commit = try await repository.commit("2", start: "sleep 2; exec bun index.ts")
      let id = try await accepted(manager.webhook.push(.init(after: commit)))
      try await manager.whileRunning("release 2 starts") { manager.log.contains("Started release 2") }
      try manager.touchReload()
      let result = try await manager.reloadResult()
      #expect(result["result"].string == "reloaded", "\(result)")
      #expect(result["release"].int == 2, "\(result)")
      try await expect(manager, id, endsAs: "success")
      try await manager.untilIdle()
      #expect(try await manager.app()["version"].string == "2", "\(manager.log)")
      #expect(manager.current == "releases/2")
    }
  }

  @Test func `RELOAD that was there before the start is consumed and costs no second start`() async throws {
    try await withLiveApp { manager, repository in
      #expect(try await manager.stop() == 0)
      try manager.touchReload()
      let again = try await manager.again(["GIT_REPO": repository.path])
      try await again.untilServes("1")
      #expect(again.isReloadConsumed)
      #expect(starts(of: 1, in: again) == 1)
      // Had the first one been kept for later, it would be acted on before this one, or with it.
      unlink(again.root + "/releases/RELOAD.result")
      try again.touchReload()
      #expect(try await again.reloadResult()["result"].string == "reloaded")
      #expect(starts(of: 1, in: again) == 2, "\(again.log)")
    }
  }

  /// With `once` a second SIGTERM would be the end of it.
  @Test(arguments: ["on", "once"])
  func `SIGTERM while RELOAD drains the app lets it drain to the end`(listen: String) async throws {
    try await Workspace.with { workspace in
      let repository = try await Repository(in: workspace)
      let drain = """
        import { writeFileSync } from "node:fs";
        import { version } from "./app.json";
        Bun.serve({ fetch: () => Response.json({ version }) });
        process.\(listen)("SIGTERM", () => setTimeout(() => {
          writeFileSync("../../shared/drained", "to the last request");
          process.exit(0);
        }, 5000));
        """
      try repository.write("drain.ts", Data(drain.utf8))
      try await repository.commit("1")
      let manager = try await Manager.start(
        in: workspace,
        ["GIT_REPO": repository.path, "START_COMMAND": "bun drain.ts", "HANDOFF": "in-place"])
      try await manager.untilServes("1")
      try await manager.untilIdle()
      try manager.touchReload()
      try await manager.whileRunning("the app drains") { manager.log.contains("Stopping release 1") }
      try await Task.sleep(for: .milliseconds(700))
      #expect(manager.file("shared/drained") == nil)
      #expect(try await manager.stop() == 0, "\(manager.log)")
      #expect(manager.file("shared/drained") == "to the last request", "\(manager.log)")
      #expect(starts(of: 1, in: manager) == 1)
    }
  }

  @Test func `a switch that was seen is on record when the manager has ended, however slow the disk`()
    async throws
  {
    try await withLiveApp { manager, repository in
      try await manager.deploy(repository.commit("2"), serving: "2")
      #expect(try await manager.stop() == 0)
      try manager.pointCurrent(at: "releases/1")
      let syncs = "fsync,fdatasync"
      let slow = try await Manager.start(
        in: manager.workspace, ports: (manager.port, manager.controlPort),
        through: [
          try Toolbox.find("strace", package: "strace"), "--seccomp-bpf", "-f", "-qq", "-o", "/dev/null",
          "-e", "trace=" + syncs, "-e", "inject=\(syncs):delay_enter=1s",
        ], ["GIT_REPO": repository.path])
      try await slow.untilServes("1")
      let bascule = try #require(Procfs.children(of: try await slow.pid()).first)
      kill(bascule, SIGTERM)
      #expect(try await slow.process.ended() == 0, "\(slow.log)")
      // What is left to tell which release was live.
      unlink(manager.root + "/current")
      let again = try await manager.again(["GIT_REPO": repository.path])
      try await again.untilServes("1")
      #expect(again.current == "releases/1")
    }
  }

  @Test func `a restart after a crash leaves current as a person has just set it`() async throws {
    try await withLiveApp { manager, repository in
      try await manager.deploy(repository.commit("2"), serving: "2")
      // Past WATCH_TIME: before, a crash may well mean a way back.
      try await Task.sleep(for: .milliseconds(1500))
      let pid = try await manager.app()["pid"].int
      try manager.pointCurrent(at: "releases/1")
      let app = Procfs.descendants(of: try await manager.pid()).filter {
        Procfs.folder($0) == manager.root + "/releases/2"
      }
      #expect(!app.isEmpty)
      for process in app { kill(process, SIGKILL) }
      try await manager.whileRunning("the restart is counted") {
        try await manager.status()["live"]["restarts"].int == 1
      }
      let restarted = try await manager.untilServes("2")
      #expect(restarted["pid"].int != pid)
      #expect(manager.current == "releases/1", "\(manager.log)")
      try manager.touchReload()
      let result = try await manager.reloadResult()
      #expect(result["result"].string == "reloaded", "\(result)")
      #expect(result["release"].int == 1, "\(result)")
      #expect(try await manager.untilServes("1")["directory"].string == manager.root + "/releases/1")
      #expect(manager.current == "releases/1")
    }
  }

  // MARK: Against a start

  @Test(arguments: [true, false])
  func `a stranger on APP_PORT is never the app, which comes up once it is gone`(deployed: Bool) async throws
  {
    try await Workspace.with { workspace in
      let repository = try await Repository(in: workspace)
      try await repository.commit("1")
      let ports = try (app: freePort(), control: freePort())
      let appPort = try freePort()
      let settings = ["GIT_REPO": repository.path, "APP_PORT": "\(appPort)"]
      if deployed {
        let first = try await Manager.start(in: workspace, ports: ports, settings)
        try await first.untilServes("1")
        try await first.untilIdle()
        #expect(try await first.stop() == 0)
      }
      let stranger = try Child.start(
        ["bun", "-e", "Bun.serve({ port: \(appPort), fetch: () => new Response('hello') })"], in: workspace)
      try await eventually("the stranger listens\n\(stranger.errors)") {
        (try? Connection(port: appPort)) != nil
      }
      let manager = try await Manager.start(in: workspace, ports: ports, settings)
      try await manager.whileRunning("it says that APP_PORT is taken") {
        manager.log.contains("APP_PORT \(appPort) is taken")
      }
      #expect(await !manager.isReady())
      #expect(try await manager.status()["live"].isNull)
      #expect(!manager.log.contains("is live\n"), "\(manager.log)")
      try await stranger.signal(SIGKILL)
      try await manager.untilServes("1")
    }
  }

  @Test func `a trigger in the first moments of a start is deployed`() async throws {
    try await Workspace.with { workspace in
      let server = try await SSHServer(in: workspace)
      let repository = try await Repository(in: workspace)
      let settings = [
        "GIT_REPO": server.address(of: repository), "GIT_SSH_KEY": try await server.key("ed25519"),
      ]
      let ports = try (app: freePort(), control: freePort())
      for version in ["1", "2", "3", "4"] {
        let commit = try await repository.commit(version)
        let body = Data(#"{"ref":"\#(commit)"}"#.utf8)
        let webhook = Webhook(port: ports.control, workspace: workspace)
        let signature = try await ["X-Hub-Signature-256": "sha256=" + webhook.sign(body)]
        let manager = try await Manager.start(in: workspace, ports: ports, settings)
        let answer = try await eventually("the port is open\n\(manager.log)", every: .milliseconds(1)) {
          try? await webhook.post(body, signed: false, headers: signature)
        }
        try await expect(manager, accepted(answer), endsAs: "success")
        #expect(try await manager.untilServes(version)["commit"].string == commit)
        try await manager.untilIdle()
        #expect(!manager.log.contains("interrupted"), "\(manager.log)")
        #expect(try await manager.stop() == 0)
      }
    }
  }

  // MARK: Against another trigger

  @Test func `an older push that comes late does not push the newer one out`() async throws {
    try await withLiveApp(["BUILD_COMMAND": Self.held]) { manager, repository in
      let live = try await repository.head()
      let older = try await repository.commit("2")
      let before = try await repository.commit("3")
      let newer = try await repository.commit("4")
      try await manager.bascule("deploy", "--ref", live, "--force", "--background", exits: 0)
      try await untilHeld(manager)
      let first = try await accepted(manager.webhook.push(.init(after: newer, before: before)))
      let late = try await accepted(manager.webhook.push(.init(after: older, before: live)))
      try release(manager)
      try await expect(manager, first, endsAs: "superseded")
      try await expect(manager, late, endsAs: "success")
      try await manager.untilIdle()
      #expect(try await manager.app()["commit"].string == newer, "\(manager.log)")
    }
  }

  @Test func `a workflow's trigger for an older commit than the one that builds is skipped`() async throws {
    try await withLiveApp(["BUILD_COMMAND": Self.held]) { manager, repository in
      let older = try await repository.commit("2")
      let newer = try await repository.commit("3")
      let first = try await accepted(manager.webhook.post(Data(#"{"ref":"\#(newer)"}"#.utf8)))
      try await untilHeld(manager)
      let late = try await accepted(manager.webhook.post(Data(#"{"ref":"\#(older)"}"#.utf8)))
      try release(manager)
      try await expect(manager, first, endsAs: "success")
      let finished = try await expect(manager, late, endsAs: "skipped")
      #expect(finished.errors.contains("out of order"), "\(finished)")
      try await manager.untilIdle()
      #expect(try await manager.app()["commit"].string == newer, "\(manager.log)")
    }
  }

  @Test func `a rollback wins over the push that builds and the one that waits`() async throws {
    try await withLiveApp { manager, repository in
      try await manager.deploy(repository.commit("2"), serving: "2")
      let third = try await repository.commit("3", build: Self.held)
      let building = try await accepted(manager.webhook.push(.init(after: third)))
      try await untilHeld(manager)
      let fourth = try await repository.commit("4")
      let waiting = try await accepted(manager.webhook.push(.init(after: fourth, before: third)))
      try await manager.bascule("rollback", "1", exits: 0)
      try await expect(manager, building, endsAs: "canceled", "skipped")
      try await expect(manager, waiting, endsAs: "canceled", "skipped")
      try await manager.untilIdle()
      #expect(try await manager.app()["version"].string == "1", "\(manager.log)")
      #expect(manager.current == "releases/1")
      #expect(try await !manager.status()["paused"].isNull)
    }
  }

  // MARK: Tools

  /// Waits in every release but the first until `release` lets it go on.
  private static let held =
    "[ $RELEASE = 1 ] || { touch ../../shared/held; until [ -e ../../shared/go ]; do sleep 0.05; done; }"

  private func untilHeld(_ manager: Manager) async throws {
    try await manager.whileRunning("it builds") { manager.file("shared/held") != nil }
  }

  private func release(_ manager: Manager) throws {
    try "on".write(toFile: manager.root + "/shared/go", atomically: false, encoding: .utf8)
  }

  /// The deployment that the answer tells of.
  private func accepted(_ answer: Answer) throws -> String {
    guard answer.status == 202, let id = try answer.json["deployment"].text else {
      throw Failure("the trigger was answered with \(answer)")
    }
    return id
  }

  @discardableResult
  private func expect(
    _ manager: Manager, _ id: String, endsAs states: String..., location: SourceLocation = #_sourceLocation
  ) async throws -> Finished {
    let finished = try await manager.bascule("logs", "-f", id)
    let hasEndedSo = states.contains { state in
      state == "success" ? finished.code == 0 : finished.errors.contains("ended as \(state)")
    }
    #expect(hasEndedSo, "\(finished)\n\(manager.log)", sourceLocation: location)
    return finished
  }

  private func starts(of release: Int, in manager: Manager) -> Int {
    manager.log.components(separatedBy: "Started release \(release) ").count - 1
  }
}
