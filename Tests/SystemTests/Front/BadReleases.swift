import Testing

/// Releases that are no good: clients do not see them, or hardly.
@Suite(.fewAtATime, .onItsOwnThread)
struct BadReleases {
  @Test(arguments: [EchoMode(crashes: true), EchoMode(broken: true)])
  func `a release that crashes at start, or answers 500, is never seen by a client`(mode: EchoMode)
    async throws
  {
    try await withFrontedApp(["HEALTH_CHECK_TIMEOUT": "10"]) { manager, repository in
      let load = Load(port: manager.port, clients: 4, pause: 500)
      load.expect("1")
      try await repository.commitEcho("2", mode)
      let finished = try await manager.bascule("deploy", exits: 1)
      #expect("\(finished)".contains(mode.broken == true ? "500" : "the database has no address"))
      let report = try await load.end()
      #expect(report.problems.isEmpty, "\(report.problems.prefix(5))")
      #expect(report.responses > 50)
      #expect(manager.current == "releases/1")
      #expect(try await manager.status()["live"]["restarts"].int == 0)
    }
  }

  /// BASCULE_SLOW_START milliseconds.
  @Test func `a release that takes long to listen is waited for, and the old one serves meanwhile`()
    async throws
  {
    let time = Toolbox.limit("BASCULE_SLOW_START", otherwise: 3000)
    try await withFrontedApp { manager, repository in
      let load = Load(port: manager.port, clients: 4, pause: 500)
      load.expect("1")
      try await repository.commitEcho("2", EchoMode(listensAfter: time))
      let start = ContinuousClock.now
      try await onceLive(manager, 2, load) { try await manager.deployByHand() }
      #expect(ContinuousClock.now - start > .milliseconds(time))
      let report = try await load.end()
      #expect(report.problems.isEmpty, "\(report.problems.prefix(5))")
      #expect(report.slowest < .seconds(5))
    }
  }

  @Test func `a release that turns bad under load is taken back within moments`() async throws {
    try await withFrontedApp(["WATCH_TIME": "20"]) { manager, repository in
      let load = Load(port: manager.port, clients: 16, mix: .plainGET, pause: 1000)
      try await repository.commitEcho("2", EchoMode(brokenAfter: 300))
      try await manager.deployByHand()
      try await manager.whileRunning("release 1 serves again") { try await manager.liveRelease() == 1 }
      load.expect("1")
      try await Task.sleep(for: .milliseconds(500))
      let report = try await load.end()
      print("turned bad under load: \(report.problems.count) failures within \(report.troubledFor)")
      #expect(!report.problems.isEmpty, "nobody has seen it bad")
      #expect(report.problems.allSatisfy { $0.what.contains("no database") }, "\(report.problems.prefix(5))")
      #expect(report.troubledFor < .seconds(3))
      try await expectTakenBack(manager, says: "requests failed")
    }
  }

  @Test func `a release that dies soon after the switch is taken back, and requests wait it out`()
    async throws
  {
    try await withFrontedApp(["WATCH_TIME": "20"]) { manager, repository in
      let load = Load(port: manager.port, clients: 16, mix: .plainGET, pause: 1000)
      try await repository.commitEcho("2", EchoMode(diesAfter: 1500))
      try await manager.deployByHand()
      try await manager.whileRunning("release 1 serves again") { try await manager.liveRelease() == 1 }
      load.expect("1")
      try await Task.sleep(for: .milliseconds(500))
      let report = try await load.end()
      print("died after the switch: \(report.problems.count) failures within \(report.troubledFor)")
      #expect(report.troubledFor < .seconds(3), "\(report.problems.prefix(5))")
      #expect(report.releases["2", default: 0] > 0)
      try await expectTakenBack(manager, says: nil)
    }
  }

  @Test func `a crash after the watch costs no more than the requests that were under way`() async throws {
    try await withFrontedApp(["WATCH_TIME": "1"]) { manager, _ in
      try await Task.sleep(for: .seconds(2))
      let clients = 16
      let load = Load(port: manager.port, clients: clients, mix: .plainGET, pause: 1000)
      // A POST is not asked twice; what crashes is this one's to see.
      let response = try manager.client().post("", to: "/crash")
      #expect(response.status == 502)
      try await manager.whileRunning("the restart is counted") {
        try await manager.status()["live"]["restarts"].int == 1
      }
      try await Task.sleep(for: .milliseconds(300))
      let report = try await load.end()
      #expect(report.problems.count <= clients, "\(report.problems.count): \(report.problems.prefix(5))")
      #expect(
        report.problems.allSatisfy { $0.what.contains("502 Bad Gateway") }, "\(report.problems.prefix(5))")
      #expect(report.troubledFor < .seconds(1))
      #expect(report.responses > 50)
    }
  }

  private func onceLive(
    _ manager: Manager, _ release: Int, _ load: Load, _ change: () async throws -> Void
  ) async throws {
    load.expect(nil)
    try await change()
    load.expect("\(release)")
    let seen = load.responses
    try await eventually("answers come") { load.responses > seen + 20 }
  }

  private func expectTakenBack(_ manager: Manager, says reason: String?) async throws {
    #expect(manager.current == "releases/1")
    let last = try await manager.json("releases")["items"].list
    #expect(last.first { $0["number"].int == 2 }?["state"].string == "bad", "\(last)")
    #expect(manager.log.contains("release 2 is marked bad"))
    if let reason { #expect(manager.log.contains(reason)) }
    #expect(manager.file("revisions.log")?.contains("rolled back to release 1") == true)
  }
}
