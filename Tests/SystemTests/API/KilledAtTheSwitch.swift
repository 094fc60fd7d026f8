import Foundation
import Testing

/// A kill between the switch and the record of it, which no test hits at will: the record is set back to that moment.
@Suite(.fewAtATime)
struct KilledAtTheSwitch {
  private static let setBack = """
    import gzip, os, sqlite3, sys
    root, number, missing = sys.argv[1], sys.argv[2], int(sys.argv[3])
    database = sqlite3.connect(root + "/shared/bascule.db")
    database.execute(
      "UPDATE deployments SET state = 'deploying', finished_at = NULL, exit_code = NULL WHERE id = ?", [number])
    database.commit()
    log = f"{root}/shared/logs/{number}.log"
    packed = os.path.exists(log + ".gz")
    lines = (gzip.open(log + ".gz") if packed else open(log, "rb")).readlines()
    if packed: os.unlink(log + ".gz")
    open(log, "wb").writelines(lines[:len(lines) - missing])
    """

  /// Deploys version 2, and leaves what a kill at the switch would. Returns the deployment's number and a token.
  private func killAtTheSwitch(_ manager: Manager, _ repository: Repository) async throws -> (Int, String) {
    try await manager.deploy(repository.commit("2"), serving: "2")
    let token = try await manager.admin()
    let id = try #require(try await manager.deployments(token).first?["id"].int)
    #expect(try await manager.stop() == 0)
    let python = try Toolbox.find("python3", package: "python3")
    try await manager.workspace.run([python, "-c", Self.setBack, manager.root, "\(id)", "2"])
    return (id, token)
  }

  /// `missing`: of the stream's last two events, `complete` and `end`.
  @Test(arguments: [2, 1, 0])
  func `a deployment whose release comes up again was a success`(missing: Int) async throws {
    try await withLiveApp { manager, repository in
      try await manager.deploy(repository.commit("2"), serving: "2")
      let token = try await manager.admin()
      let id = try #require(try await manager.deployments(token).first?["id"].int)
      let stream = try await manager.events(id, token).map { $0["type"].string }
      #expect(try await manager.stop() == 0)
      let python = try Toolbox.find("python3", package: "python3")
      try await manager.workspace.run([python, "-c", Self.setBack, manager.root, "\(id)", "\(missing)"])

      let again = try await manager.again(["GIT_REPO": repository.path])
      try await again.untilServes("2")
      try await again.whileRunning("it is known what became of it") {
        try await again.deployment(id, token)["state"].string != "deploying"
      }
      let deployment = try await again.deployment(id, token)
      #expect(deployment["state"].string == "success", "\(deployment)")
      #expect(deployment["exitCode"].int == 0)
      #expect(deployment["error"].isNull)
      #expect(!deployment["finishedAt"].isNull)
      #expect(try await again.events(id, token).map { $0["type"].string } == stream)
    }
  }

  @Test func `until its release is up again it is among those that run`() async throws {
    try await withLiveApp { manager, repository in
      let (id, token) = try await killAtTheSwitch(manager, repository)
      let (app, go) = (manager.root + "/releases/2/index.ts", manager.root + "/go")
      let waiting = "while (!require('fs').existsSync('\(go)')) await Bun.sleep(20)\n"
      try (waiting + String(contentsOfFile: app, encoding: .utf8)).write(
        toFile: app, atomically: true, encoding: .utf8)

      let again = try await manager.again(["GIT_REPO": repository.path])
      try await again.whileRunning("it is said to run") {
        let active = try? await again.api("/api/admin/deployments/active", token: token).json
        return active?["items"].list.map { $0["id"].int } == [id]
      }
      #expect(try await again.deployment(id, token)["state"].string == "deploying")
      #expect(try await again.status()["current"]["id"].int == id)
      let canceled = try await again.bascule("cancel", "\(id)")
      #expect(canceled.code == 1 && canceled.errors.contains("its release is being started"), "\(canceled)")
      try "".write(toFile: go, atomically: true, encoding: .utf8)
      try await again.untilServes("2")
      try await again.whileRunning("it is known what became of it") {
        try await again.deployment(id, token)["state"].string == "success"
      }
      #expect(try await again.status()["current"].isNull)
    }
  }

  @Test func `a deployment whose release does not come up again is no success`() async throws {
    try await withLiveApp { manager, repository in
      let (id, token) = try await killAtTheSwitch(manager, repository)
      try "throw new Error('broken meanwhile')\n".write(
        toFile: manager.root + "/releases/2/index.ts", atomically: true, encoding: .utf8)

      let again = try await manager.again(["GIT_REPO": repository.path])
      try await again.untilServes("1")
      try await again.whileRunning("it is known what became of it") {
        try await again.deployment(id, token)["state"].string != "deploying"
          && again.file("revisions.log")?.contains("rolled back") == true
      }
      let deployment = try await again.deployment(id, token)
      #expect(deployment["state"].string == "interrupted", "\(deployment)")
      #expect(again.file("revisions.log")?.hasSuffix("rolled back to release 1\n") == true)
    }
  }

  @Test func `a deployment that had not come to the switch is interrupted, as before`() async throws {
    try await withLiveApp { manager, repository in
      try await manager.deploy(repository.commit("2"), serving: "2")
      let token = try await manager.admin()
      let id = try #require(try await manager.deployments(token).first?["id"].int)
      #expect(try await manager.stop() == 0)
      try manager.pointCurrent(at: "releases/1")
      let python = try Toolbox.find("python3", package: "python3")
      try await manager.workspace.run([python, "-c", Self.setBack, manager.root, "\(id)", "2"])

      let again = try await manager.again(["GIT_REPO": repository.path])
      try await again.untilServes("1")
      let deployment = try await again.deployment(id, token)
      #expect(deployment["state"].string == "interrupted", "\(deployment)")
    }
  }
}
