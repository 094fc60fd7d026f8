import Testing

/// 64 clients at full speed through BASCULE_SWITCHES deployments, RELOADs and rollbacks in turn, and through
/// BASCULE_INPLACE restarts in place.
@Suite(.fewAtATime, .onItsOwnThread)
struct SwitchUnderLoad {
  private static let clients = 64

  @Test func `not one answer of any switch is failed, misrouted, torn or from the wrong release`()
    async throws
  {
    let count = Toolbox.limit("BASCULE_SWITCHES", otherwise: 8)
    let report = try await load(through: count, ["WATCH_TIME": "1"])
    #expect(report.releases.count >= count / 3, "\(report.releases)")
    if count >= 100 { #expect(report.responses >= 300_000) }
  }

  @Test func `a restart in place costs clients time and nothing else`() async throws {
    let count = Toolbox.limit("BASCULE_INPLACE", otherwise: 3)
    _ = try await load(through: count, ["HANDOFF": "in-place", "WATCH_TIME": "1"])
  }

  @Test func `an app with one fixed port, and one on a Unix socket, are switched as well`() async throws {
    _ = try await load(through: 3, ["HANDOFF": "in-place", "APP_PORT": "\(freePort())", "WATCH_TIME": "1"])
    _ = try await load(through: 3, ["LISTENS_ON_SOCKET": "1", "WATCH_TIME": "1"])
  }

  @Test func `several loops switch together`() async throws {
    _ = try await load(through: 3, ["FRONT_THREADS": "4", "WATCH_TIME": "1"])
  }

  private func load(through count: Int, _ settings: [String: String]) async throws -> Load.Report {
    var result = Load.Report()
    try await withFrontedApp(settings) { manager, repository in
      let pid = try await manager.pid()
      let load = Load(port: manager.port, clients: Self.clients)
      load.expect("1")
      for number in 0..<count {
        // Some time at rest: now all answers have to be the live one's.
        let wanted = load.responses + (count >= 100 ? 3000 : 500)
        try await eventually("answers come") { load.responses > wanted }
        load.expect(nil)
        try await change(manager, repository, number)
        load.expect(try await manager.liveRelease().map(String.init))
        guard load.problems.isEmpty else { break }
      }
      let seen = load.responses
      try await eventually("answers come") { load.responses > seen + 500 }
      let report = try await load.end()
      print(
        "\(report.responses) answers over \(report.connections) connections through \(count) switches,",
        "the slowest after \(report.slowest)")
      #expect(report.problems.isEmpty, "\(report.problems.count): \(report.problems.prefix(5))")
      #expect(report.connections == Self.clients, "a switch is no reason to close a client's connection")
      try await eventually("descriptors are closed", within: .seconds(30)) {
        Procfs.openDescriptors(pid) < 300
      }
      result = report
    }
    return result
  }

  private func change(_ manager: Manager, _ repository: Repository, _ number: Int) async throws {
    switch number % 3 {
    case 0:
      try await repository.commitEcho("\(number + 2)")
      try await manager.deployByHand()
    case 1:
      #expect(try await manager.reload()["result"].string == "reloaded")
    default:
      try await manager.bascule("rollback", exits: 0)
    }
  }
}
