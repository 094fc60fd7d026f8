import Glibc
import JSON
import Linux
import Settings
import Supervisor

/// A git repository made of the app, to which the variants are committed. The app itself is only read.
@MainLoop
final class RehearsalApp {
  let repository: String
  private let runner: CommandRunner
  private let environment: [String: String]
  private let scripts: [(name: String, command: String)]
  private var package = JSONValue.object([])
  private var commits = 0

  init(
    at repository: String, in scratch: String, runner: CommandRunner, environment: [String: String],
    scripts: [(name: String, command: String)]
  ) {
    self.repository = repository
    self.runner = runner
    self.scripts = scripts
    let kept = ["PATH", "HOME", "TMPDIR", "LANG"]
    self.environment = environment.filter { kept.contains($0.key) }.merging([
      "GIT_CONFIG_GLOBAL": scratch + "/gitconfig", "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
      "GIT_AUTHOR_NAME": "Bascule", "GIT_AUTHOR_EMAIL": "bascule@localhost",
      "GIT_COMMITTER_NAME": "Bascule", "GIT_COMMITTER_EMAIL": "bascule@localhost",
    ]) { $1 }
  }

  /// `source`: a repository, bare or not, or a plain folder.
  func make(of source: String) async throws {
    // Somebody else may own the source. As a file, since options do not reach git's server side of a clone.
    let configuration = "[safe]\n\tdirectory = *\n[core]\n\thooksPath = /dev/null\n"
    try Files.writeAtomically(environment["GIT_CONFIG_GLOBAL"] ?? "", Array(configuration.utf8))
    if Self.isRepository(source) {
      // Not local, as git calls it: that would make links to objects which the app's user may not read.
      try await git(["clone", "--quiet", "--no-local", source, repository], "copying \(source)")
      try await git(
        ["-C", repository, "checkout", "--quiet", "-B", "main"], "checking out what \(source) has as HEAD")
    } else {
      try await git(["init", "--quiet", "--initial-branch=main", repository], "making a repository")
      try Files.makeDirectory(repository + "/.git/info")
      try Files.writeAtomically(repository + "/.git/info/exclude", Array("node_modules/\n".utf8))
      try await git(
        ["--git-dir=\(repository)/.git", "--work-tree=\(source)", "add", "--all"], "reading \(source)")
      try await commit("The app as it is in \(source)")
      try await git(["-C", repository, "reset", "--quiet", "--hard"], "copying \(source)")
    }
    try readPackage(source)
    if !scripts.isEmpty { _ = try await commit(.good) }
  }

  /// The commit's hash.
  func commit(_ variant: AppVariant) async throws -> String {
    commits += 1
    guard let package = variant.package(from: package, own: scripts) else {
      throw DrillError("The app's package.json is no JSON object.")
    }
    for file in AppVariant.allCases.flatMap(\.files) { _ = unlink("\(repository)/\(file.name)") }
    let texts =
      variant.files + [
        ("package.json", package.text + "\n"), ("drill.txt", "\(commits): \(variant.message)\n"),
      ]
    for file in texts { try Files.writeAtomically("\(repository)/\(file.name)", Array(file.text.utf8)) }
    // By force: what the app's .gitignore says was not meant for these.
    try await git(["-C", repository, "add", "--all", "--force", "--"] + texts.map(\.name), "adding files")
    // What was removed counts too.
    return try await commit(variant.message, ["--all"])
  }

  @discardableResult
  private func commit(_ message: String, _ options: [String] = []) async throws -> String {
    try await git(
      ["-C", repository, "commit", "--quiet", "--allow-empty", "--message", message] + options, "committing")
    return try await git(["-C", repository, "rev-parse", "HEAD"], "reading the commit")
  }

  private func readPackage(_ source: String) throws {
    let path = repository + "/package.json"
    guard Files.kind(path) != nil else { return }
    do {
      package = JSONValue(try JSONDocument(bytes: try Files.readRegular(path, limit: 4 << 20)).root)
    } catch {
      throw DrillError("The package.json of \(source) cannot be read: \(error). The drill edits its scripts.")
    }
  }

  private static func isRepository(_ path: String) -> Bool {
    Files.resolvedKind(path + "/.git") != nil
      || (Files.resolvedKind(path + "/HEAD") == .file && Files.resolvedKind(path + "/objects") == .directory)
  }

  @discardableResult
  private func git(_ arguments: [String], _ doing: String) async throws -> String {
    var lines: [String] = []
    let command = Command(["git"] + arguments, environment: environment, timeout: .seconds(300))
    do throws(CommandFailure) {
      let result = try await runner.run(command) { _, bytes in
        lines.append(String(decoding: bytes, as: UTF8.self))
      }
      guard result.status.isSuccess else {
        let words = PrintableText.sentence(lines.suffix(3).joined(separator: " "))
        throw CommandFailure.notStarted(SystemError(code: 0, operation: words))
      }
      return lines.last ?? ""
    } catch {
      switch error {
      case .canceled: throw CancellationError()
      case .notFound, .notExecutable:
        throw DrillError("git is not there; Bascule needs it as well. Install it (apt-get install git).")
      case .timedOut: throw DrillError("\(doing): git took too long.")
      case .notStarted(let cause): throw DrillError("\(doing): git says: \(cause.operation)")
      }
    }
  }
}
