import Foundation

/// A local npm registry, so that `bun install` has something to download.
struct Registry: Sendable {
  let port: Int
  private let folder: String
  private let workspace: Workspace

  init(in workspace: Workspace) async throws {
    self.workspace = workspace
    port = try freePort()
    folder = workspace.path + "/registry"
    try workspace.makeFolder("registry")
    let child = try Child.start(["bun", Toolbox.support + "/registry.ts", "\(port)", folder], in: workspace)
    try await eventually("the registry listens\n\(child.errors)") { (try? Connection(port: port)) != nil }
  }

  func publish(_ name: String, _ version: String, dependencies: [String: String] = [:]) throws {
    let package = "registry/\(name)/\(version)"
    try workspace.makeFolder(package)
    let manifest = Manifest(name: name, version: version, main: "index.js", dependencies: dependencies)
    let text = try String(decoding: JSONEncoder.sorted.encode(manifest), as: UTF8.self)
    try workspace.write(text, to: package + "/package.json")
    try workspace.write("module.exports = \"\(name) \(version)\";\n", to: package + "/index.js")
  }

  /// To be called before a commit: from then on the repository installs from here.
  func use(in repository: Repository) throws {
    try repository.write(
      "bunfig.toml", Data("[install]\nregistry = \"http://127.0.0.1:\(port)/\"\n".utf8))
  }

  /// Commits the lockfile that a developer would have made.
  @discardableResult
  func lock(_ repository: Repository, message: String = "Lock the dependencies") async throws -> String {
    try await workspace.run(["bun", "install", "--lockfile-only"], directory: repository.path)
    return try await repository.commitAll(message)
  }

  private struct Manifest: Encodable {
    let name: String
    let version: String
    let main: String
    let dependencies: [String: String]
  }
}
