import Linux

/// The mirror in shared/ and what is asked of it. All of it runs as the app's user.
@MainLoop
package struct Git {
  package struct Commit: Sendable {
    package let hash: String
    package let time: String
    package let author: String
    package let subject: String
  }

  let mirror: String
  let source: RepositorySource
  let environment: GitEnvironment
  let runner: any StepRunner

  package init(mirror: String, source: RepositorySource, environment: GitEnvironment, runner: any StepRunner)
  {
    self.mirror = mirror
    self.source = source
    self.environment = environment
    self.runner = runner
  }

  struct Output {
    let outcome: StepOutcome
    var lines: [String] = []
    var errors: [String] = []

    var succeeded: Bool {
      if case .exited(code: 0, _, _) = outcome { return true }
      return false
    }
  }

  /// Runs git and keeps what it printed, the last of it at least.
  func run(
    _ arguments: [String], in directory: String? = nil, remote: Bool = false, timeout: Duration,
    onLine: LineHandler? = nil
  ) async -> Output {
    let collected = Collected()
    let command = StepCommand(
      ["git"] + arguments, environment: remote ? environment.remote : environment.local,
      directory: directory ?? mirror)
    let outcome = await runner.run(command, timeout: timeout) { stream, line in
      collected.add(stream, line)
      onLine?(stream, line)
    }
    return Output(outcome: outcome, lines: collected.lines, errors: collected.errors)
  }

  @MainLoop
  private final class Collected {
    var lines: [String] = []
    var errors: [String] = []

    func add(_ stream: String, _ bytes: UnsafeRawBufferPointer) {
      let line = String(decoding: bytes.prefix(8192), as: UTF8.self)
      if stream == "stderr" {
        errors.append(line)
        if errors.count > 50 { errors.removeFirst() }
      } else if lines.count < 200 {
        lines.append(line)
      }
    }
  }

  /// What `name` (branch, tag or commit) stands for in the mirror; nil when it is not there, or nobody can say.
  package func commit(_ name: String) async -> Commit? { (try? await find(name)) ?? nil }

  /// The same; an error where git itself could not look.
  func find(_ name: String) async throws(DeployError) -> Commit? {
    for candidate in Self.meanings(of: name) {
      let output = await run(
        ["log", "-1", "--no-show-signature", "--format=%H%n%cI%n%an%n%s", "\(candidate)^{commit}", "--"],
        timeout: .seconds(30))
      // What it says of a name that it does not know is no trouble; that it was killed or never began is.
      if case .exited(let code, _, _) = output.outcome, code <= 128 {
      } else {
        try output.outcome.check(
          doing: "looking for \(name.prefix(12)) in the mirror", shown: "git log", code: .fetch,
          limit: "limit of 30 s"
        ) { status, description in
          DeployError(
            .fetch, "looking for \(name.prefix(12)) in the mirror failed: `git log` was \(description)",
            exitCode: status)
        }
      }
      guard output.succeeded, output.lines.count >= 3 else { continue }
      return Commit(
        hash: output.lines[0], time: output.lines[1], author: output.lines[2],
        subject: output.lines.count > 3 ? output.lines[3] : "")
    }
    return nil
  }

  /// A whole hash is a commit and nothing else: anybody who may push some branch can call it like a commit.
  private static func meanings(of name: String) -> [String] {
    guard isCommitHash(name) else { return ["refs/heads/\(name)", "refs/tags/\(name)"] }
    return [40, 64].contains(name.utf8.count) ? [name] : ["refs/heads/\(name)", "refs/tags/\(name)", name]
  }

  /// Whether `commit` is reachable from `other`; false also where either is unknown here.
  package func isAncestor(_ commit: String, of other: String) async -> Bool {
    guard Self.isCommitHash(commit), Self.isCommitHash(other) else { return false }
    return await run(["merge-base", "--is-ancestor", commit, other], timeout: .seconds(30)).succeeded
  }

  /// Keeps a release's commit from being collected, however the branch is rewritten: the release's own
  /// repository borrows its objects from the mirror.
  package func pin(_ commit: String, release: Int) async {
    _ = await run(["update-ref", "refs/bascule/releases/\(release)", commit], timeout: .seconds(30))
  }

  package func unpin(release: Int) async {
    _ = await run(["update-ref", "-d", "refs/bascule/releases/\(release)"], timeout: .seconds(30))
  }

  /// Removes what a killed or starved git left half-written: on a full volume nothing else would ever make
  /// room again. Only while no other git is at work in the mirror.
  package func sweep() async {
    guard Files.kind(mirror) == .directory else { return }
    let names = ["tmp_*", "*.lock"].flatMap { ["-o", "-name", $0] }.dropFirst()
    let command = StepCommand(
      ["find", ".", "-type", "f", "("] + names + [")", "-delete"], environment: environment.local,
      directory: mirror)
    _ = await runner.run(command, timeout: .seconds(300)) { _, _ in }
  }

  /// Packs what piles up, when git thinks it is worth it.
  package func tidy() async {
    _ = await run(["-c", "gc.auto=500", "gc", "--auto", "--quiet"], timeout: .seconds(600))
  }

  package nonisolated static func isCommitHash(_ text: String) -> Bool {
    (7...64).contains(text.utf8.count)
      && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) || (65...70).contains($0) }
  }
}
