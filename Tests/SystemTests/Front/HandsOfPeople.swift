import Foundation
import Testing

/// What people do to a manager, at moments that are not the best.
@Suite(.fewAtATime, .onItsOwnThread)
struct HandsOfPeople {
  @Test func `a rollback stands, whatever the release answered long ago`() async throws {
    try await withFrontedApp(["WATCH_TIME": "3"]) { manager, repository in
      try await repository.commitEcho("2")
      try await manager.deployByHand()
      // Past its own watch it has a bad moment.
      try await Task.sleep(for: .seconds(4))
      for _ in 0..<10 { #expect(try manager.client().get("/fail").status == 500) }
      try await repository.commitEcho("3")
      try await manager.deployByHand()
      for _ in 0..<20 { #expect(try manager.client().get("/echo")["x-release"] == "3") }
      try await manager.bascule("rollback", exits: 0)
      for _ in 0..<20 {
        #expect(try manager.servingRelease() == "2")
        try await Task.sleep(for: .milliseconds(50))
      }
      let releases = try await manager.json("releases")["items"].list
      #expect(releases.first { $0["number"].int == 2 }?["state"].string == "good", "\(releases)")
    }
  }

  @Test func `a rollback does not wait for a deployment whose release does not come up`() async throws {
    try await withFrontedApp(["WATCH_TIME": "1"]) { manager, repository in
      try await repository.commitEcho("2")
      try await manager.deployByHand()
      let commit = try await repository.commitEcho("3", EchoMode(listensAfter: 60_000))
      #expect(try await manager.webhook.push(.init(after: commit)).status == 202)
      try await manager.whileRunning("release 3 is being started") {
        manager.log.contains("Started release 3")
      }
      let start = ContinuousClock.now
      try await manager.bascule("rollback", exits: 0)
      #expect(ContinuousClock.now - start < .seconds(20))
      #expect(try manager.servingRelease() == "1")
    }
  }

  @Test func `the manager's end lets the release before finish its answers too`() async throws {
    try await withFrontedApp(["WATCH_TIME": "1", "DRAIN_TIMEOUT": "60"]) { manager, repository in
      let client = try manager.client()
      try client.send("GET /slow?ms=6000 HTTP/1.1\r\nHost: h\r\n\r\n")
      try await repository.commitEcho("2")
      try await manager.deployByHand()
      // Its watch is over, and only the answer keeps it.
      try await Task.sleep(for: .seconds(3))
      #expect(try await manager.stop() == 0)
      #expect(try client.readResponse().text == #"{"release":"1"}"#)
    }
  }

  @Test(arguments: ["all", "private", "loopback", "10.0.0.0/8,127.0.0.1"])
  func `nobody talks himself onto this machine`(trusted: String) async throws {
    try await withFrontedApp(["WEBHOOK_SECRET": "", "TRUSTED_PROXIES": trusted]) { manager, _ in
      for claim in ["203.0.113.9", "127.0.0.1, 203.0.113.9", "10.1.2.3", "192.168.1.1", "127.0.0.1, 8.8.8.8"]
      {
        let answer = try manager.client().post("", to: "/deploy", "X-Forwarded-For: \(claim)\r\n")
        #expect(answer.status == 401, "\(claim): \(answer)")
      }
    }
  }

  @Test func `methods that the app does not know are no reason to take a release back`() async throws {
    try await withFrontedApp(["WATCH_TIME": "4"]) { manager, repository in
      try await repository.commitEcho("2")
      try await manager.deployByHand()
      for _ in 0..<20 {
        _ = try? manager.client().ask("FOO / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        try await Task.sleep(for: .milliseconds(20))
      }
      try await Task.sleep(for: .seconds(1))
      #expect(try manager.servingRelease() == "2")
      #expect(try await manager.liveRelease() == 2)
    }
  }

  @Test func `two RELOADs, a deployment and a rollback at once end in one live release that serves`()
    async throws
  {
    try await withFrontedApp(["WATCH_TIME": "1"]) { manager, repository in
      try await repository.commitEcho("2")
      try await manager.deployByHand()
      try await repository.commitEcho("3")
      let load = Load(port: manager.port, clients: 8, pause: 200)
      async let deployment = manager.bascule("deploy")
      async let rollback = manager.bascule("rollback")
      try manager.touchReload()
      _ = try await (deployment, rollback)
      try manager.touchReload()
      try await manager.whileRunning("RELOAD is consumed") { manager.isReloadConsumed }
      try await manager.untilIdle()
      try await Task.sleep(for: .seconds(1))
      let report = try await load.end()
      #expect(report.problems.isEmpty, "\(report.problems.count): \(report.problems.prefix(5))")
      let live = try #require(try await manager.liveRelease())
      #expect(try manager.servingRelease() == "\(live)")
      #expect(manager.current == "releases/\(live)")
      let pid = try await manager.pid()
      try await eventually("no more than one app runs", within: .seconds(30)) {
        Procfs.descendants(of: pid).filter { Procfs.commandLine($0).last == "index.ts" }.count == 1
      }
    }
  }

  @Test func `when the last release that could serve is gone the page says so, and a deployment heals it`()
    async throws
  {
    try await withFrontedApp(["WATCH_TIME": "1", "HOLD_TIMEOUT": "2"]) { manager, repository in
      try await Task.sleep(for: .seconds(2))
      // Whatever is started from here on ends at once.
      try "process.exit(7)".write(
        toFile: manager.root + "/releases/1/index.ts", atomically: false, encoding: .utf8)
      _ = try? manager.client().post("", to: "/crash")
      let page = try manager.client().get("/echo")
      #expect(page.status == 503, "\(page)")
      #expect(page["retry-after"] != nil)
      try await repository.commitEcho("2")
      try await manager.deployByHand()
      #expect(try manager.servingRelease() == "2")
    }
  }
}
