import Foundation
import Testing

/// Where an app may listen, and what becomes of one that does not listen there.
@Suite(.fewAtATime)
struct AppPlaces {
  @Test func `an app that listens on APP_SOCKET is found there, and the socket goes with it`() async throws {
    try await withLiveApp { manager, repository in
      for version in ["2", "3"] {
        try await repository.commit(version, .socket)
        let finished = try await manager.bascule("deploy", exits: 0)
        #expect(finished.output.contains("http://unix:\(manager.root)/shared/run/"), "\(finished)")
        let app = try await manager.untilServes(version)
        let path = try #require(app["environment"]["APP_SOCKET"].string)
        #expect(FileManager.default.fileExists(atPath: path))
      }
      try await manager.whileRunning("the socket of release 2 is gone") {
        try FileManager.default.contentsOfDirectory(atPath: manager.root + "/shared/run").count == 1
      }
    }
  }

  @Test func `an app with a port of its own is told the way out, which works`() async throws {
    let port = try freePort()
    try await withLiveApp(["HEALTH_CHECK_TIMEOUT": "8", "FIXED_PORT": "\(port)"]) { manager, repository in
      try await repository.commit("2", .elsewhere)
      let failed = try await manager.bascule("deploy", exits: 1)
      #expect(failed.errors.contains("HANDOFF=in-place and APP_PORT=\(port)"), "\(failed)")
      #expect(try await manager.stop() == 0)
      let again = try await manager.again([
        "GIT_REPO": repository.path, "FIXED_PORT": "\(port)", "APP_PORT": "\(port)",
      ])
      try await again.untilServes("1")
      for version in ["2", "3"] {
        try await repository.commit(version, .elsewhere)
        try await again.bascule("deploy", exits: 0)
        #expect(try await again.untilServes(version)["environment"]["PORT"].string == "\(port)")
      }
      #expect(try await request(port: port).json["version"].string == "3")
    }
  }

  @Test func `an app that finds its port taken is told the same`() async throws {
    let ports = try (app: freePort(), control: freePort())
    try await Workspace.with { workspace in
      let repository = try await Repository(in: workspace)
      try await repository.commit("1", .elsewhere)
      let manager = try await Manager.start(
        in: workspace, ports: ports, ["GIT_REPO": repository.path, "FIXED_PORT": "\(ports.app)"])
      try await manager.whileRunning("the way out is named") {
        manager.log.contains("it found port \(ports.app) taken")
          && manager.log.contains("or set HANDOFF=in-place and APP_PORT")
      }
    }
  }

  // MARK: Crashes beside a switch

  @Test func `a crash while the next release starts is made good at once`() async throws {
    try await withLiveApp { manager, repository in
      try await repository.commit(
        "2", start: "until [ -e ../../shared/go ]; do sleep 0.05; done; exec bun index.ts")
      try await manager.bascule("deploy", "--background", exits: 0)
      try await manager.whileRunning("release 2 starts") { manager.log.contains("Started release 2") }
      let before = try await manager.app()["pid"].int
      _ = try? await request("POST", "/crash", port: manager.port)
      let after = try await manager.untilServes("1")["pid"].int
      #expect(after != before)
      #expect(try await manager.status()["current"]["release"].int == 2, "\(manager.log)")
      try "on".write(toFile: manager.root + "/shared/go", atomically: false, encoding: .utf8)
      try await manager.untilServes("2")
      try await manager.untilIdle()
      #expect(try await manager.status()["last"]["state"].string == "success")
    }
  }

  @Test func `a crash soon after RELOAD puts the start before it back`() async throws {
    try await withLiveApp(["WATCH_TIME": "60"]) { manager, _ in
      let before = try await manager.app()["pid"].int
      try manager.touchReload()
      #expect(try await manager.reloadResult()["result"].string == "reloaded")
      #expect(try await manager.app()["pid"].int != before)
      _ = try? await request("POST", "/crash", port: manager.port)
      try await manager.whileRunning("the one before serves again") {
        guard let pid = try? await manager.app()["pid"].int else { return false }
        return pid == before
      }
      #expect(try await manager.status()["live"]["restarts"].int == 1)
      let release = try await manager.json("releases")["items"].list[0]
      #expect(release["state"].string == "good", "\(release)")
    }
  }

  // MARK: Limits

  @Test func `the manager takes all descriptors it may have, and the app gets what it would have had`()
    async throws
  {
    try await Workspace.with { workspace in
      let repository = try await Repository(in: workspace)
      try await repository.commit("1")
      let ports = try (app: freePort(), control: freePort())
      try workspace.makeFolder("app")
      let process = try Child.start(
        ["prlimit", "--nofile=777:4321", try Toolbox.bascule, "run"], in: workspace,
        environment: [
          "APP_ROOT": workspace.path + "/app", "PORT": "\(ports.app)", "CONTROL_PORT": "\(ports.control)",
          "GIT_REPO": repository.path, "START_COMMAND": "sh -c 'ulimit -Sn; exec bun index.ts'",
        ])
      try await eventually("it serves\n\(process.output)\(process.errors)") {
        (try? await request(port: ports.app).json["version"].string) == "1"
      }
      #expect(process.output.contains("app r1 | 777\n"), "\(process.output)")
      let limits = try String(contentsOfFile: "/proc/\(try await process.pid())/limits", encoding: .utf8)
      #expect(limits.contains(#/Max open files +4321 +4321/#), "\(limits)")
      try await process.signal(SIGTERM)
      #expect(try await process.ended() == 0)
    }
  }
}
