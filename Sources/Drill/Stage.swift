import Glibc
import JSON
import Linux
import Settings

/// The app, the manager and the clients, and what the scenarios do with them.
@MainLoop
final class Stage {
  let app: RehearsalApp
  let manager: DrillManager
  let traffic: Traffic
  let target: Traffic.Target
  let settings: Settings
  let releases: String
  var began = ContinuousClock.Instant.now

  /// Traffic goes on for so long after a scenario, for what it may have broken a little later.
  private static let aftermath = Duration.milliseconds(300)

  init(
    app: RehearsalApp, manager: DrillManager, traffic: Traffic, target: Traffic.Target, settings: Settings,
    releases: String
  ) {
    self.app = app
    self.manager = manager
    self.traffic = traffic
    self.target = target
    self.settings = settings
    self.releases = releases
  }

  func play(_ scenario: Scenario) async throws -> DrillRow {
    let tally = Tally()
    var sight = Sight()
    traffic.count(for: tally)
    began = .now
    do {
      if scenario != .first {
        traffic.start()
        sight.before = try await live()
      }
      try await perform(scenario, &sight)
    } catch is CancellationError {
      throw CancellationError()
    } catch let error as DrillError {
      sight.problem = error.message
    } catch {
      sight.problem = "\(error)"
    }
    let duration = ContinuousClock.Instant.now - began
    if scenario != .first, sight.problem == nil { await MainLoop.sleep(for: Self.aftermath) }
    traffic.count(for: Tally())
    sight.traffic = await tally.settle()
    try Task.checkCancellation()
    return DrillRow(scenario, sight, took: duration)
  }

  /// Without a release, or without the manager, the others would only say the same.
  func canGoOn(after row: DrillRow) -> Bool {
    row.isAsExpected || (row.scenario != .first && manager.isRunning)
  }

  /// Ends all that runs.
  func leave() async {
    await traffic.cancel()
    await manager.stop()
  }

  private func perform(_ scenario: Scenario, _ sight: inout Sight) async throws {
    switch scenario {
    case .first: try await first(&sight)
    case .good: sight.deployment = try await deploy(.good)
    case .brokenBuild: sight.deployment = try await deploy(.brokenBuild)
    case .unhealthy: sight.deployment = try await deploy(.unhealthy)
    case .turnsBad: sight.deployment = try await turnBad()
    case .rollback: try await rollBack(&sight)
    case .appKilled: try await killApp(&sight)
    case .managerKilled: return try await killManager(&sight)
    }
    sight.live = try await live()
  }

  // MARK: Asking

  func live() async throws -> Int? { try await manager.status()["live"]?["release"]?.int }

  static let open = ["queued", "building", "deploying"]

  var deployLimit: Duration { settings.timeouts.deploy + .seconds(60) }

  /// Commits and deploys it, as `bascule deploy` would.
  func deploy(_ variant: AppVariant) async throws -> Sight.Deployment {
    let (id, commit) = try await order(variant)
    let node = try await manager.until("deployment #\(id) has ended", within: deployLimit) {
      let node = try await self.manager.socket.get("/api/deployments/\(id)")
      return Self.open.contains(node["state"]?.string ?? "") ? nil : node
    }
    return try await described(node, commit)
  }

  func order(_ variant: AppVariant) async throws -> (id: Int, commit: String) {
    let commit = try await app.commit(variant)
    let answer = try await manager.socket.post("/api/projects/main/deploy")
    guard let id = answer["deployment"]?.int else {
      throw DrillError("The deployment was not queued: \(answer["reason"]?.string ?? "no reason is given").")
    }
    return (id, commit)
  }

  func described(_ node: JSONNode, _ commit: String?) async throws -> Sight.Deployment {
    var deployment = Sight.Deployment(
      state: node["state"]?.string ?? "?", release: node["release"]?.int, error: node["error"]?.string,
      isOfCommit: commit == nil || node["commit"]?.string == commit)
    if deployment.error != nil, let id = node["id"]?.int {
      let events = try await manager.socket.events(of: id)
      let names = [1: "prepare", 2: "install", 3: "build", 4: "start"]
      let error = events.last { $0["type"]?.string == "error" }
      deployment.phase = error?["phase"]?.int.flatMap { names[$0] }
    }
    return deployment
  }
}
