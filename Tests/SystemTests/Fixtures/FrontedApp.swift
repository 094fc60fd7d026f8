import Foundation

/// What Support/echo is told in mode.json.
struct EchoMode: Encodable, Sendable {
  var broken: Bool?
  var brokenAfter: Int?
  var listensAfter: Int?
  var diesAfter: Int?
  var crashes: Bool?
  var assets: [String]?
}

extension Repository {
  /// Commits a version of Support/echo.
  @discardableResult
  func commitEcho(_ version: String, _ mode: EchoMode = EchoMode(), build: String? = nil) async throws
    -> String
  {
    try write("index.ts", Data(contentsOf: URL(filePath: Toolbox.support + "/echo/index.ts")))
    try write("mode.json", JSONEncoder.sorted.encode(mode))
    return try await commit(version, build: build)
  }
}

/// A manager with version 1 of Support/echo live behind its front.
func withFrontedApp(
  _ settings: [String: String] = [:], _ mode: EchoMode = EchoMode(),
  _ body: (Manager, Repository) async throws -> Void
) async throws {
  try await Workspace.with { workspace in
    let repository = try await Repository(in: workspace)
    try await repository.commitEcho("1", mode)
    let manager = try await Manager.start(
      in: workspace, ["GIT_REPO": repository.path].merging(settings) { $1 })
    try await manager.untilReady()
    try await manager.untilIdle()
    do { try await body(manager, repository) } catch {
      throw Failure("\(error)\n\(manager.log.suffix(6000))")
    }
  }
}

extension Manager {
  func client() throws -> ByteStream { try rawClient(port: port) }

  /// Which release answers now.
  func servingRelease() throws -> String? { try client().get("/echo", "Connection: close\r\n")["x-release"] }

  /// Deploys what is committed, by hand, and returns when it is live.
  func deployByHand() async throws { try await bascule("deploy", exits: 0) }

  func reload() async throws -> JSON {
    unlink(root + "/releases/RELOAD.result")
    try touchReload()
    return try await reloadResult()
  }

  func liveRelease() async throws -> Int? { try await status()["live"]["release"].int }
}
