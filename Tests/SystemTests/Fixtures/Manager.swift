import Foundation

/// A running `bascule`, PID 1 of a namespace of its own as in a container: what it leaves behind when it is
/// killed, the kernel takes away.
struct Manager: Sendable {
  let root: String
  let port: Int
  let controlPort: Int
  let process: Child
  let workspace: Workspace

  /// `wrapper`: a command that becomes the manager at its end; `outer`: one around its namespace.
  static func start(
    in workspace: Workspace, root: String? = nil, ports: (app: Int, control: Int)? = nil,
    through wrapper: [String] = [], under outer: [String] = [], _ settings: [String: String] = [:]
  ) async throws -> Manager {
    try Toolbox.requireRoot(for: "a PID namespace")
    let root = root ?? workspace.path + "/app"
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    let ports = try ports ?? (freePort(), freePort())
    let environment = [
      "APP_ROOT": root, "PORT": "\(ports.app)", "CONTROL_PORT": "\(ports.control)",
      "WEBHOOK_SECRET": Webhook.secret, "HEALTH_CHECK_TIMEOUT": "60", "WATCH_TIME": "1",
    ]
    let process = try Child.start(
      outer + ["unshare", "--fork", "--pid", "--mount-proc", "--propagation", "slave", "--kill-child"]
        + wrapper
        + [try Toolbox.bascule, "run"],
      in: workspace, environment: environment.merging(settings) { $1 })
    return Manager(
      root: root, port: ports.app, controlPort: ports.control, process: process, workspace: workspace)
  }

  /// The same volume and ports again, as when a container is restarted.
  func again(_ settings: [String: String] = [:]) async throws -> Manager {
    try await Manager.start(in: workspace, root: root, ports: (port, controlPort), settings)
  }

  var log: String { process.output + process.errors }
  var webhook: Webhook { Webhook(port: controlPort, workspace: workspace) }

  /// Its pid outside its namespace.
  func pid() async throws -> pid_t {
    let unshare = try await process.pid()
    return try await eventually("the manager has started\n\(log)", every: .milliseconds(1)) {
      Procfs.children(of: unshare).first
    }
  }

  func signal(_ number: Int32) async throws { kill(try await pid(), number) }

  func stop() async throws -> Int32 {
    try await signal(SIGTERM)
    return try await process.ended()
  }

  func kill9() async throws {
    try await signal(SIGKILL)
    _ = try await process.ended()
  }

  // MARK: What is seen of it

  func isReady() async -> Bool { (try? await request("GET", "/ready", port: controlPort))?.status == 200 }

  func untilReady() async throws {
    try await whileRunning("a release is live") { await isReady() }
  }

  /// What the app says of itself.
  func app() async throws -> JSON { try await request(port: port).json }

  /// The app answers before it counts as live: that takes a probe of it.
  @discardableResult
  func untilServes(_ version: String) async throws -> JSON {
    try await whileRunning("version \(version) is live") {
      guard let app = try? await app(), app["version"].string == version, await isReady() else { return nil }
      return app
    }
  }

  func status() async throws -> JSON { try await json("status") }

  func untilIdle() async throws {
    try await whileRunning("no deployment runs or waits") {
      guard let status = try? await status() else { return false }
      return status["current"].isNull && status["queue"].list.isEmpty
    }
  }

  func releaseNumbers() throws -> [Int] {
    try FileManager.default.contentsOfDirectory(atPath: root + "/releases").compactMap { Int($0) }.sorted()
  }

  /// The target of `current`, as it is written.
  var current: String? { try? FileManager.default.destinationOfSymbolicLink(atPath: root + "/current") }

  func file(_ name: String) -> String? { try? String(contentsOfFile: "\(root)/\(name)", encoding: .utf8) }

  // MARK: Commands

  @discardableResult
  func bascule(_ arguments: String...) async throws -> Finished { try await bascule(arguments) }

  @discardableResult
  func bascule(_ arguments: String..., exits code: Int32) async throws -> Finished {
    let finished = try await bascule(arguments)
    guard finished.code == code else {
      throw Failure("bascule \(arguments.joined(separator: " ")) should exit with \(code): \(finished)")
    }
    return finished
  }

  func json(_ verb: String) async throws -> JSON {
    try JSON(parsing: await bascule(verb, "--json", exits: 0).output)
  }

  func bascule(_ arguments: [String]) async throws -> Finished {
    try await workspace.attempt([try Toolbox.bascule] + arguments, environment: ["APP_ROOT": root])
  }

  /// Pushes `commit` and waits until it is live and nothing runs any more.
  func deploy(_ commit: String, serving version: String) async throws {
    let answer = try await webhook.push(.init(after: commit))
    guard answer.status == 202 else { throw Failure("the push was answered with \(answer)") }
    try await untilServes(version)
    try await untilIdle()
  }

  // MARK: By hand

  func touchReload() throws {
    let descriptor = open(root + "/releases/RELOAD", O_WRONLY | O_CREAT, 0o644)
    guard descriptor >= 0 else { throw Failure("RELOAD: \(String(cString: strerror(errno)))") }
    futimens(descriptor, nil)
    close(descriptor)
  }

  func pointCurrent(at target: String) throws {
    unlink(root + "/current")
    guard symlink(target, root + "/current") == 0 else { throw Failure("current cannot be made") }
  }

  var isReloadConsumed: Bool { access(root + "/releases/RELOAD", F_OK) != 0 }

  /// What the next RELOAD.result says; the old one must have been removed before the RELOAD was made.
  func reloadResult() async throws -> JSON {
    try await whileRunning("RELOAD is answered") {
      guard isReloadConsumed, let line = file("releases/RELOAD.result"), line.hasSuffix("\n") else {
        return nil
      }
      return try JSON(parsing: line)
    }
  }

  // MARK: Waiting

  @discardableResult
  func whileRunning<Value>(_ claim: String, _ attempt: () async throws -> Value?) async throws -> Value {
    do {
      return try await eventually(claim) {
        if let code = process.exitCode { throw Failure("The manager ended with \(code) before \(claim).") }
        return try await attempt()
      }
    } catch {
      throw Failure("\(error)\n\(log.suffix(6000))")
    }
  }

  func whileRunning(_ claim: String, _ attempt: () async throws -> Bool) async throws {
    try await whileRunning(claim) { try await attempt() ? true : nil }
  }
}
