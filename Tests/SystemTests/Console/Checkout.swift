import Foundation

/// A bare checkout with the real `console` in it, and what it needs: its own ports, no settings.
///
/// Building Bascule takes minutes and is what the rest of `./console test` has just done. So the binary lies where the
/// build would put it, and `swift` is Support/console/swift, which does what a build without changes does: nothing.
/// Bun is there as after the first start.
struct Checkout: Sendable {
  let path: String
  let port: Int
  let controlPort: Int
  let workspace: Workspace

  /// The folder that comes first in PATH.
  var programs: String { path + "/.programs" }
  var sample: String { path + "/.local/sample-repo" }

  init(in workspace: Workspace) throws {
    self.workspace = workspace
    path = workspace.path + "/checkout"
    (port, controlPort) = try (freePort(), freePort())
    let files = FileManager.default
    for folder in [".build/release", ".cache/bun", ".programs"] {
      try files.createDirectory(atPath: "\(path)/\(folder)", withIntermediateDirectories: true)
    }
    // Links: what this process writes may not be executed as long as a child of another test has it open.
    for (name, target) in [
      ("console", Toolbox.checkout + "/console"), (".env.example", Toolbox.checkout + "/.env.example"),
      ("docker", Toolbox.checkout + "/docker"), (".cache/bun/bin", try Toolbox.bun),
      (".build/release/bascule", try Toolbox.bascule),
      (".programs/swift", Toolbox.support + "/console/swift"),
    ] { try files.createSymbolicLink(atPath: "\(path)/\(name)", withDestinationPath: target) }
  }

  static func with(_ body: (Checkout) async throws -> Void) async throws {
    try await Workspace.with { try await body(Checkout(in: $0)) }
  }

  // MARK: What stands in for the world

  func swift(does script: String) throws { try write(script, to: ".programs/swift.does") }

  func write(_ text: String, to name: String, mode: mode_t = 0o644) throws {
    try workspace.write(text, to: "checkout/\(name)", mode: mode)
  }

  func text(_ name: String) -> String {
    (try? String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)) ?? ""
  }

  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(path)/\(name)") }

  // MARK: Running it

  var environment: [String: String] {
    let inherited = ProcessInfo.processInfo.environment["PATH"] ?? ""
    return ["PATH": "\(programs):\(inherited)", "PORT": "\(port)", "CONTROL_PORT": "\(controlPort)"]
  }

  /// In a process group of its own, to be sent Ctrl-C.
  func begin(_ arguments: String..., with settings: [String: String] = [:]) throws -> Child {
    try Child.start(
      ["setsid", "--wait", "./console"] + arguments, in: workspace,
      environment: environment.merging(settings) { $1 }, directory: path)
  }

  func console(_ arguments: String..., with settings: [String: String] = [:]) async throws -> Finished {
    try await workspace.attempt(
      ["./console"] + arguments, environment: environment.merging(settings) { $1 }, directory: path)
  }

  @discardableResult
  func console(
    _ arguments: String..., with settings: [String: String] = [:], exits code: Int32
  ) async throws -> Finished {
    let finished = try await workspace.attempt(
      ["./console"] + arguments, environment: environment.merging(settings) { $1 }, directory: path)
    guard finished.code == code else {
      throw Failure("./console \(arguments.joined(separator: " ")) should exit with \(code): \(finished)")
    }
    return finished
  }

  func interrupt(_ child: Child) async throws { kill(-(try await child.pid()), SIGINT) }
}
