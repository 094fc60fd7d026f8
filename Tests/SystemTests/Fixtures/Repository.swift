import Foundation

/// A real git repository with the app of Support/app in it.
struct Repository: Sendable {
  enum Behaviour: String {
    case fine = "ok"
    /// Ends with an error before it listens.
    case crash
    /// Listens and answers nothing.
    case silent
    /// Never listens.
    case deaf
    /// Listens, but not where PORT says: on FIXED_PORT, or anywhere.
    case elsewhere
    /// Listens on APP_SOCKET.
    case socket
    /// Answers 500.
    case broken
    /// Is healthy, and ends soon after.
    case fickle
    /// Does not end on SIGTERM.
    case stubborn
  }

  let path: String
  private let workspace: Workspace

  init(in workspace: Workspace, named name: String = "upstream") async throws {
    self.workspace = workspace
    path = "\(workspace.path)/\(name)"
    _ = try Toolbox.find("git", package: "git")
    try await workspace.run(["git", "init", "--quiet", "--initial-branch", "main", path])
    try FileManager.default.copyItem(atPath: Toolbox.support + "/app/index.ts", toPath: path + "/index.ts")
  }

  /// Commits a version of the app and returns the commit's hash.
  @discardableResult
  func commit(
    _ version: String, _ behaviour: Behaviour = .fine, build: String? = "echo built $RELEASE > built.txt",
    start: String = "bun index.ts", dependencies: [String: String] = [:], message: String? = nil
  ) async throws -> String {
    try write(
      "app.json", JSONEncoder.sorted.encode(["version": version, "behaviour": behaviour.rawValue]))
    var scripts = ["start": start]
    scripts["build"] = build
    try write(
      "package.json",
      JSONEncoder.sorted.encode(
        Package(name: "app", private: true, scripts: scripts, dependencies: dependencies)))
    return try await commitAll(message ?? "Version \(version)")
  }

  func write(_ file: String, _ content: Data) throws {
    let target = URL(filePath: "\(path)/\(file)")
    try FileManager.default.createDirectory(
      at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
    try content.write(to: target)
  }

  @discardableResult
  func commitAll(_ message: String) async throws -> String {
    try await git("add", "--all")
    try await git("commit", "--quiet", "--allow-empty", "--message", message)
    return try await head()
  }

  func head() async throws -> String { try await git("rev-parse", "HEAD") }

  @discardableResult
  func git(_ arguments: String...) async throws -> String {
    try await workspace.run(["git", "-C", path] + arguments).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private struct Package: Encodable {
    let name: String
    let `private`: Bool
    let scripts: [String: String]
    let dependencies: [String: String]
  }
}

extension JSONEncoder {
  static var sorted: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    return encoder
  }
}
