import Foundation

/// A running container of the image, on this machine's own network, with a volume that outlives it.
struct Container: Sendable {
  /// As an app of somebody who has read the README would have them, but for the waiting.
  struct Options: Sendable {
    var image: String?
    var settings: [String: String] = [:]
    /// What `podman run` is given besides.
    var flags: [String] = []
    /// A folder of this machine in place of a volume.
    var folder: String?
  }

  let name: String
  /// Where the volume is on this machine.
  let root: String
  let port: Int
  let controlPort: Int
  let workspace: Workspace
  private let volume: String
  private let options: Options

  /// Container and volume are gone when `body` has ended, however it has.
  static func with(
    in workspace: Workspace, _ options: Options = Options(), _ body: (Container) async throws -> Void
  ) async throws {
    let name = "bascule-test-\(UUID().uuidString.prefix(8).lowercased())"
    _ = try Toolbox.find("podman", package: "podman")
    do {
      let container = Container(
        name: name, root: try await place(name, options, in: workspace), port: try freePort(),
        controlPort: try freePort(), workspace: workspace, volume: options.folder ?? name, options: options)
      try await container.run(options)
      try await body(container)
      try await remove(name, options, in: workspace)
    } catch {
      try? await remove(name, options, in: workspace)
      throw error
    }
  }

  private static func place(_ name: String, _ options: Options, in workspace: Workspace) async throws
    -> String
  {
    if let folder = options.folder { return folder }
    try await Engine.podman(["volume", "create", name], in: workspace)
    return try await Engine.podman(["volume", "inspect", "--format", "{{.Mountpoint}}", name], in: workspace)
  }

  private static func remove(_ name: String, _ options: Options, in workspace: Workspace) async throws {
    try await Engine.podman(["rm", "--force", "--ignore", "--time", "0", "--volumes", name], in: workspace)
    if options.folder == nil { try await Engine.podman(["volume", "rm", "--force", name], in: workspace) }
  }

  /// In place of the one that runs, of another image or with other flags, on the same volume.
  func replace(_ change: (inout Options) throws -> Void) async throws {
    var options = options
    try change(&options)
    try await run(options)
  }

  private func run(_ options: Options) async throws {
    let settings = [
      "PORT": "\(port)", "CONTROL_PORT": "\(controlPort)", "WEBHOOK_SECRET": Webhook.secret,
      "WATCH_TIME": "1",
    ].merging(options.settings) { $1 }
    var command = ["podman", "run", "--detach", "--replace", "--name", name, "--volume", "\(volume):/app"]
    for variable in settings.keys.sorted() { command += ["--env", variable] }
    command += options.flags + [try options.image ?? Engine.image]
    try await workspace.run(command, environment: settings.merging(Engine.environment) { $1 })
  }

  // MARK: What is done to it

  @discardableResult
  func podman(_ verb: String, _ arguments: String...) async throws -> String {
    try await Engine.podman([verb] + arguments, in: workspace)
  }

  @discardableResult
  func exec(_ command: String...) async throws -> Finished {
    try await workspace.attempt(["podman", "exec", name] + command, environment: Engine.environment)
  }

  @discardableResult
  func bascule(_ arguments: String..., exits code: Int32 = 0) async throws -> Finished {
    let command = ["podman", "exec", name, "bascule"] + arguments
    let finished = try await workspace.attempt(command, environment: Engine.environment)
    guard finished.code == code else {
      throw Failure("bascule \(arguments) should exit with \(code): \(finished)\n\(try await log())")
    }
    return finished
  }

  /// Its exit code.
  func stop() async throws -> String {
    try await podman("stop", name)
    return try await exitCode()
  }

  // MARK: What is seen of it

  var webhook: Webhook { Webhook(port: controlPort, workspace: workspace) }

  func log() async throws -> String {
    let finished = try await workspace.attempt(["podman", "logs", name], environment: Engine.environment)
    return finished.output + finished.errors
  }

  func exitCode() async throws -> String {
    try await podman("inspect", "--format", "{{.State.ExitCode}}", name)
  }

  /// One `user command` for each process, PID 1 first.
  func processes() async throws -> [String] {
    try await podman("top", name, "user", "args").split(separator: "\n").dropFirst().map(String.init)
  }

  func app() async throws -> JSON { try await request(port: port).json }

  func isReady() async -> Bool { (try? await request("GET", "/ready", port: controlPort))?.status == 200 }

  func untilReady() async throws { try await whileRunning("a release is live") { await isReady() } }

  @discardableResult
  func untilServes(_ version: String) async throws -> JSON {
    var seen: JSON?
    try await whileRunning("version \(version) is live") {
      seen = try? await app()
      guard seen?["version"].string == version else { return false }
      return await isReady()
    }
    guard let seen else { throw Failure("the app has not answered") }
    return seen
  }

  func untilLogged(_ text: String) async throws {
    try await whileRunning("the log says: \(text)") { try await log().contains(text) }
  }

  func whileRunning(_ claim: String, _ attempt: () async throws -> Bool) async throws {
    do {
      try await eventually(claim) {
        if try await attempt() { return true }
        guard try await podman("inspect", "--format", "{{.State.Running}}", name) == "true" else {
          throw Failure("the container ended before \(claim)")
        }
        return false
      }
    } catch {
      throw Failure("\(error)\n\(try await log().suffix(6000))")
    }
  }

  // MARK: By hand, from outside

  var current: String? { try? FileManager.default.destinationOfSymbolicLink(atPath: root + "/current") }

  func reloadResult() async throws -> JSON {
    let reload = root + "/releases/RELOAD"
    var line = ""
    try await whileRunning("RELOAD is answered") {
      line = (try? String(contentsOfFile: reload + ".result", encoding: .utf8)) ?? ""
      return access(reload, F_OK) != 0 && line.hasSuffix("\n")
    }
    return try JSON(parsing: line)
  }
}

/// A container with version 1 of the tests' app live, from a repository that it can read.
func withContainer(
  _ options: Container.Options = Container.Options(), _ body: (Container, Repository) async throws -> Void
) async throws {
  try await Workspace.with { workspace in
    let repository = try await Repository(in: workspace)
    try await repository.commit("1")
    var options = options
    options.settings["GIT_REPO"] = "/repository"
    options.flags += ["--volume", "\(repository.path):/repository:ro"]
    try await Container.with(in: workspace, options) { container in
      try await container.untilServes("1")
      try await body(container, repository)
    }
  }
}
