import Foundation
import Testing

/// Whatever goes wrong, the old release serves on, somebody is told what to do, and nothing half-made stays.
@Suite(.fewAtATime)
struct FailingDeployments {
  @Test func `a clone that fails`() async throws {
    try await failing(says: "upstream") { manager, repository in
      try FileManager.default.moveItem(atPath: repository.path, toPath: repository.path + ".away")
    }
  }

  @Test func `a branch that is gone`() async throws {
    try await failing(says: "main") { _, repository in
      try await repository.git("branch", "-m", "main", "other")
    }
  }

  @Test func `an install that fails`() async throws {
    try await failing(says: "bun install") { _, repository in
      try await repository.commit("2", dependencies: ["missing": "file:./nowhere"])
    }
  }

  @Test func `a lockfile that does not fit package.json`() async throws {
    try await Workspace.with { workspace in
      let registry = try await Registry(in: workspace)
      try registry.publish("left", "1.0.0")
      try registry.publish("left", "2.0.0")
      let repository = try await Repository(in: workspace)
      try registry.use(in: repository)
      try await repository.commit("1", dependencies: ["left": "^1.0.0"])
      try await registry.lock(repository)
      let manager = try await Manager.start(in: workspace, ["GIT_REPO": repository.path])
      try await manager.untilServes("1")
      try await manager.untilIdle()
      try await repository.commit("2", dependencies: ["left": "^2.0.0"])
      try await expectFailure(manager, says: "lockfile")
    }
  }

  @Test(.enabled("git-lfs is installed here") { (try? Toolbox.find("git-lfs", package: "git-lfs")) == nil })
  func `files kept by git-lfs, where git-lfs is missing`() async throws {
    try await failing(says: "git-lfs") { _, repository in
      try repository.write(".gitattributes", Data("*.bin filter=lfs diff=lfs merge=lfs -text\n".utf8))
      let pointer =
        "version https://git-lfs.github.com/spec/v1\noid sha256:\(String(repeating: "0", count: 64))\nsize 1\n"
      try repository.write("big.bin", Data(pointer.utf8))
      try await repository.commit("2")
    }
  }

  @Test func `a deployment that takes too long as a whole`() async throws {
    try await failing(["DEPLOY_TIMEOUT": "15"], says: "DEPLOY_TIMEOUT") { _, repository in
      try await repository.commit("2", build: "sleep 1000")
    }
  }

  @Test func `a build that fails`() async throws {
    try await failing(says: "no such template") { _, repository in
      try await repository.commit("2", build: "echo no such template >&2; exit 7")
    }
  }

  @Test func `a build that hangs is held to its time`() async throws {
    try await failing(["BUILD_TIMEOUT": "10"], says: "BUILD_TIMEOUT") { _, repository in
      try await repository.commit("2", build: "sleep 1000")
    }
  }

  @Test func `a build that floods its output`() async throws {
    try await failing(says: "exit") { _, repository in
      try await repository.commit("2", build: "yes | head -n 1000000; head -c 200000000 /dev/zero; exit 9")
    }
  }

  @Test func `a build that leaves daemons behind`() async throws {
    try await withLiveApp { manager, repository in
      try await repository.commit("2", build: "setsid sleep 4321 & setsid -f sleep 4321; echo done")
      try await manager.bascule("deploy", exits: 0)
      let pid = try await manager.pid()
      try await eventually("no daemon of the build is left") {
        Procfs.descendants(of: pid).allSatisfy { Procfs.commandLine($0).last != "4321" }
      }
    }
  }

  @Test func `a release command that fails`() async throws {
    try await failing(
      ["RELEASE_COMMAND": "test ! -e fail || { echo no migration; exit 3; }"], says: "no migration"
    ) {
      _, repository in
      try repository.write("fail", Data())
      try await repository.commit("2")
    }
  }

  @Test func `a start that crashes`() async throws {
    try await failing(says: "the database has no address") { _, repository in
      try await repository.commit("2", .crash)
    }
  }

  @Test func `an app that accepts connections and never answers`() async throws {
    try await failing(says: "healthy") { _, repository in try await repository.commit("2", .silent) }
  }

  @Test func `an app that never listens`() async throws {
    try await failing(says: "PORT") { _, repository in try await repository.commit("2", .deaf) }
  }

  @Test func `an app that listens elsewhere`() async throws {
    try await failing(says: "PORT") { _, repository in try await repository.commit("2", .elsewhere) }
  }

  @Test func `where an app of another user listens is seen without the right to trace it`() async throws {
    try await Workspace.with { workspace in
      let repository = try await Repository(in: workspace)
      try await repository.commit("1")
      let manager = try await Manager.start(
        in: workspace, through: ["setpriv", "--bounding-set", "-sys_ptrace"],
        ["GIT_REPO": repository.path, "APP_USER": "daemon", "HEALTH_CHECK_TIMEOUT": "8"])
      try await manager.untilServes("1")
      try await manager.untilIdle()
      try await repository.commit("2", .elsewhere)
      try await expectFailure(manager, says: "it listens on port")
    }
  }

  @Test func `an app that answers 500`() async throws {
    try await failing(says: "500") { _, repository in try await repository.commit("2", .broken) }
  }

  @Test func `an app that cannot stay up is replaced by the one before it and marked bad`() async throws {
    try await withLiveApp(["WATCH_TIME": "5"]) { manager, repository in
      try await repository.commit("2", .fickle)
      try await manager.bascule("deploy")
      try await eventually("release 2 is bad") {
        try await manager.json("releases")["items"].list.first { $0["number"].int == 2 }?["state"].string
          == "bad"
      }
      try await manager.untilServes("1")
      #expect(manager.current == "releases/1")
    }
  }

  @Test func `a disk that is full`() async throws {
    try await Workspace.with { workspace in
      let root = try await workspace.mount("app", options: "size=48m")
      let repository = try await Repository(in: workspace)
      try await repository.commit("1")
      let manager = try await Manager.start(in: workspace, root: root, ["GIT_REPO": repository.path])
      try await manager.untilServes("1")
      try await manager.untilIdle()
      let before = try freeBytes(root)

      let big = Data(
        (0..<8_000_000).flatMap { _ in
          withUnsafeBytes(of: UInt64.random(in: 0 ... .max)) { Array($0) }
        })
      try repository.write("big.bin", big)
      try await repository.commit("2")
      try await expectFailure(manager, says: "space")
      try await repository.git("reset", "--hard", "--quiet", "HEAD^")
      try await repository.commit("3", build: "head -c 100000000 /dev/zero > big.bin")
      try await expectFailure(manager, says: "space")

      try await eventually("the space is free again") { try freeBytes(root) > before - 6_000_000 }
      try await repository.commit("4")
      try await manager.bascule("deploy", exits: 0)
      try await manager.untilServes("4")
    }
  }

  @Test func `a volume that has become read-only`() async throws {
    try await Workspace.with { workspace in
      try workspace.makeFolder("app")
      let releases = try await workspace.mount("app/releases", options: "size=64m")
      let repository = try await Repository(in: workspace)
      try await repository.commit("1")
      let manager = try await Manager.start(in: workspace, ["GIT_REPO": repository.path])
      try await manager.untilServes("1")
      try await manager.untilIdle()
      let inside = ["nsenter", "-t", "\(try await manager.pid())", "-m", "-r"]
      try await workspace.run(inside + ["mount", "-o", "remount,bind,ro", releases])
      try await repository.commit("2")
      try await expectFailure(manager, says: "ead-only")

      try await workspace.run(inside + ["mount", "-o", "remount,bind,rw", releases])
      try await manager.bascule("deploy", exits: 0)
      try await manager.untilServes("2")
    }
  }

  private func freeBytes(_ path: String) throws -> Int {
    var information = statvfs()
    guard statvfs(path, &information) == 0 else { throw Failure("statvfs \(path)") }
    return Int(information.f_bavail) * Int(information.f_frsize)
  }

  private func failing(
    _ settings: [String: String] = [:], says words: String,
    _ breakIt: (Manager, Repository) async throws -> Void, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let settings = ["HEALTH_CHECK_TIMEOUT": "8", "STOP_TIMEOUT": "1"].merging(settings) { $1 }
    try await withLiveApp(settings) { manager, repository in
      try await breakIt(manager, repository)
      try await expectFailure(manager, says: words, sourceLocation: sourceLocation)
    }
  }

  private func expectFailure(
    _ manager: Manager, says words: String, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let finished = try await manager.bascule("deploy", "--follow")
    #expect(finished.code == 1, "\(finished)", sourceLocation: sourceLocation)
    let told = finished.output + finished.errors
    #expect(told.contains(words), "\(told)", sourceLocation: sourceLocation)
    try await manager.untilServes("1")
    try await manager.untilIdle()
    #expect(manager.current == "releases/1", sourceLocation: sourceLocation)
    let status = try await manager.status()
    #expect(status["live"]["release"].int == 1, sourceLocation: sourceLocation)
    #expect(status["last"]["state"].string == "failed", "\(status)", sourceLocation: sourceLocation)
    #expect(status["last"]["error"].isNull == false, "\(status)", sourceLocation: sourceLocation)
    // At most one failed release is kept, for its files, and it is told from a good one.
    let releases = try await manager.json("releases")["items"].list
    #expect(
      releases.filter { $0["state"].string == "good" }.map { $0["number"].int } == [1],
      sourceLocation: sourceLocation)
    #expect(releases.count <= 2, "\(releases)", sourceLocation: sourceLocation)
    #expect(
      try manager.releaseNumbers() == releases.compactMap { $0["number"].int }.sorted(),
      sourceLocation: sourceLocation)
  }
}
