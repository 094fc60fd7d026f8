import Foundation
import Testing

/// RELOAD and the rollback by hand.
@Suite(.fewAtATime)
struct Reload {
  enum Way: CaseIterable {
    case touch, touchAgain, write, moveIn, hardLink, symbolicLink

    func make(_ manager: Manager) throws {
      let reload = manager.root + "/releases/RELOAD"
      let elsewhere = manager.root + "/shared/file-\(UUID().uuidString)"
      switch self {
      case .touch: try manager.touchReload()
      case .touchAgain:
        try manager.touchReload()
        try manager.touchReload()
      case .write: try "please".write(toFile: reload, atomically: false, encoding: .utf8)
      case .moveIn:
        try "x".write(toFile: elsewhere, atomically: false, encoding: .utf8)
        rename(elsewhere, reload)
      case .hardLink:
        try "x".write(toFile: elsewhere, atomically: false, encoding: .utf8)
        link(elsewhere, reload)
      case .symbolicLink: symlink("/nowhere", reload)
      }
    }
  }

  @Test(arguments: Way.allCases)
  func `RELOAD starts the app anew, however the file comes`(way: Way) async throws {
    try await withLiveApp { manager, _ in
      let before = try await manager.app()["pid"].int
      try way.make(manager)
      let result = try await manager.reloadResult()
      #expect(result["result"].string == "reloaded", "\(result)")
      #expect(result["release"].int == 1)
      let after = try await manager.untilServes("1")["pid"].int
      #expect(after != before)
      #expect(manager.isReloadConsumed)
    }
  }

  @Test func `a RELOAD from another container that shares the volume is seen`() async throws {
    try await withLiveApp { manager, _ in
      let elsewhere = manager.workspace.path + "/elsewhere"
      try manager.workspace.makeFolder("elsewhere")
      try await manager.workspace.run([
        "unshare", "--mount", "--pid", "--fork", "sh", "-c",
        "mount --bind \(manager.root) \(elsewhere) && touch \(elsewhere)/releases/RELOAD",
      ])
      #expect(try await manager.reloadResult()["result"].string == "reloaded")
    }
  }

  @Test func `SIGHUP does the same`() async throws {
    try await withLiveApp { manager, _ in
      let before = try await manager.app()["pid"].int
      try await manager.signal(SIGHUP)
      try await manager.whileRunning("another process answers") {
        guard let pid = try? await manager.app()["pid"].int else { return false }
        return pid != before
      }
    }
  }

  @Test func `a RELOAD made while nothing ran is acted on at the start`() async throws {
    try await withLiveApp { manager, repository in
      #expect(try await manager.stop() == 0)
      try manager.touchReload()
      let again = try await manager.again(["GIT_REPO": repository.path])
      try await again.untilServes("1")
      try await again.whileRunning("RELOAD is consumed") { again.isReloadConsumed }
    }
  }

  @Test(arguments: [true, false])
  func `the rollback by hand works with an absolute and a relative target`(absolute: Bool) async throws {
    try await withThree { manager in
      try manager.pointCurrent(at: absolute ? manager.root + "/releases/1" : "releases/1")
      try manager.touchReload()
      let app = try await manager.untilServes("1")
      #expect(app["directory"].string == manager.root + "/releases/1")
      let result = try await manager.reloadResult()
      #expect(result["result"].string == "reloaded")
      #expect(result["release"].int == 1)
      #expect(manager.file("revisions.log")?.hasSuffix("rolled back to release 1\n") == true)
      #expect(try await manager.status()["live"]["release"].int == 1)
    }
  }

  @Test func `current alone changes nothing until it is asked for`() async throws {
    try await withThree { manager in
      unlink(manager.root + "/current")
      try await Task.sleep(for: .milliseconds(500))
      #expect(try await manager.app()["version"].string == "3")
      try manager.pointCurrent(at: "releases/2")
      try await Task.sleep(for: .milliseconds(500))
      #expect(try await manager.app()["version"].string == "3")
    }
  }

  enum Broken: String, CaseIterable {
    case absent, dangling, outside, loop, file, failed

    func make(_ manager: Manager) throws {
      let current = manager.root + "/current"
      switch self {
      case .absent: unlink(current)
      case .dangling: try manager.pointCurrent(at: "releases/99")
      case .outside: try manager.pointCurrent(at: "/tmp")
      case .loop: try manager.pointCurrent(at: "current")
      case .file:
        unlink(current)
        try "releases/1".write(toFile: current, atomically: false, encoding: .utf8)
      case .failed:
        mkdir(manager.root + "/releases/77", 0o755)
        try manager.pointCurrent(at: "releases/77")
      }
    }
  }

  @Test(arguments: Broken.allCases)
  func `a current that names nothing that can start is put back, and what runs goes on`(broken: Broken)
    async throws
  {
    try await withThree { manager in
      let pid = try await manager.app()["pid"].int
      try broken.make(manager)
      try manager.touchReload()
      let result = try await manager.reloadResult()
      #expect(result["result"].string == "refused", "\(result)")
      #expect(result["reason"].string?.isEmpty == false)
      #expect(try await manager.app()["pid"].int == pid)
      #expect(manager.current == "releases/3")
    }
  }

  @Test func `a rollback by hand to a release that crashes puts the old one back`() async throws {
    try await withThree { manager in
      try "{".write(
        toFile: manager.root + "/releases/1/package.json", atomically: false, encoding: .utf8)
      try manager.pointCurrent(at: "releases/1")
      try manager.touchReload()
      let result = try await manager.reloadResult()
      #expect(["failed", "refused"].contains(result["result"].string ?? ""), "\(result)")
      try await manager.untilServes("3")
      #expect(manager.current == "releases/3")
    }
  }

  @Test func `at a restart what current names wins, and without it the last live release`() async throws {
    try await withThree { manager in
      let repository = ["GIT_REPO": manager.workspace.path + "/upstream"]
      #expect(try await manager.stop() == 0)
      try manager.pointCurrent(at: "releases/2")
      let second = try await manager.again(repository)
      try await second.untilServes("2")
      #expect(try await second.stop() == 0)
      unlink(second.root + "/current")
      let third = try await second.again(repository)
      try await third.untilServes("2")
      #expect(third.current == "releases/2")
    }
  }

  @Test func `at a restart a current that cannot start steps back to the last good release`() async throws {
    try await withThree { manager in
      #expect(try await manager.stop() == 0)
      try "process.exit(1)".write(
        toFile: manager.root + "/releases/3/index.ts", atomically: false, encoding: .utf8)
      let again = try await manager.again(["GIT_REPO": manager.workspace.path + "/upstream"])
      try await again.untilServes("2")
      #expect(again.current == "releases/2")
    }
  }

  @Test func `a crash is answered with a new start`() async throws {
    try await withLiveApp { manager, _ in
      let before = try await manager.app()["pid"].int
      // Nothing that may be asked twice: the next one would crash on it too.
      _ = try? await request("POST", "/crash", port: manager.port)
      let after = try await manager.untilServes("1")["pid"].int
      #expect(after != before)
      try await manager.whileRunning("the restart is counted") {
        try await manager.status()["live"]["restarts"].int == 1
      }
    }
  }

  @Test func `the crashes of one release do not delay the restart of the next`() async throws {
    try await withLiveApp { manager, repository in
      for _ in 1...3 { try await crash(manager, "1") }
      #expect(manager.log.contains("starting release 1 again in "), "three in a row were not slowed down")
      try await manager.deploy(repository.commit("2"), serving: "2")
      // Past WATCH_TIME: before, a crash means a way back.
      try await Task.sleep(for: .seconds(2))
      try await crash(manager, "2")
      #expect(manager.log.contains("starting release 2 again\n"), "\(manager.log)")
    }
  }

  private func crash(_ manager: Manager, _ version: String) async throws {
    let before = try await manager.untilServes(version)["pid"].int
    _ = try? await request("POST", "/crash", port: manager.port)
    try await manager.whileRunning("another process serves") {
      try await manager.untilServes(version)["pid"].int != before
    }
  }

  /// Versions 1, 2 and 3 deployed as releases 1, 2 and 3, and 3 live.
  private func withThree(_ body: (Manager) async throws -> Void) async throws {
    try await withLiveApp(["HEALTH_CHECK_TIMEOUT": "10"]) { manager, repository in
      try await manager.deploy(repository.commit("2"), serving: "2")
      try await manager.deploy(repository.commit("3"), serving: "3")
      try await body(manager)
    }
  }
}
