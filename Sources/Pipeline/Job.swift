import Linux

/// What the steps of one deployment share.
@MainLoop
package final class Job {
  package let folder: String
  package let number: Int
  package let git: Git
  /// What to deploy: the branch's tip unless the trigger named something else.
  package let ref: String
  package let exactCommit: String?
  package let commands: PipelineCommands
  /// Names the commit once it is known.
  package var buildEnvironment: [String: String]
  package let owner: Identity?
  package let runner: any StepRunner
  package let narrator: Narrator
  package let deadline: Deadline
  package let caches: CacheFolders
  package let spare: Spare
  /// Commits that waited when this one came: the newest of them all is meant.
  package var overtaken: [String] = []

  package init(
    folder: String, number: Int, git: Git, ref: String, exactCommit: String?, commands: PipelineCommands,
    buildEnvironment: [String: String], owner: Identity?, runner: any StepRunner, narrator: Narrator,
    deadline: Deadline, caches: CacheFolders, spare: Spare
  ) {
    self.folder = folder
    self.number = number
    self.git = git
    self.ref = ref
    self.exactCommit = exactCommit
    self.commands = commands
    self.buildEnvironment = buildEnvironment
    self.owner = owner
    self.runner = runner
    self.narrator = narrator
    self.deadline = deadline
    self.caches = caches
    self.spare = spare
  }

  /// Runs one command of the user's, in the release, its lines into the log.
  func run(
    _ arguments: [String], doing: String, code: DeployError.Code, setting: String?, limit: Duration?,
    environment extra: [String: String] = [:]
  ) async throws(DeployError) {
    let (time, reason) = deadline.limit(for: setting, limit)
    let tail = Tail()
    let shown = arguments.first == "/bin/sh" ? arguments.last ?? "" : arguments.joined(separator: " ")
    narrator.info("$ \(shown)")
    let command = StepCommand(
      arguments, environment: buildEnvironment.merging(extra) { $1 }, directory: folder)
    let outcome = await runner.run(command, timeout: time) { [narrator] stream, line in
      tail.add(line)
      narrator.line(stream, line)
    }
    try outcome.check(doing: doing, shown: shown, code: code, limit: reason) { status, description in
      failure(code, "\(doing) failed: `\(shown)` ended with \(description)", tail.lines, status)
    }
    if case .exited(_, _, let leftBehind) = outcome, !leftBehind.isEmpty {
      let names = Set(leftBehind).sorted().prefix(5).joined(separator: ", ")
      narrator.warn("`\(shown)` left \(leftBehind.count) processes running (\(names)); they were ended")
    }
  }

  private func failure(_ code: DeployError.Code, _ what: String, _ lines: [String], _ status: Int32)
    -> DeployError
  {
    let saysSo = lines.contains { $0.contains("No space left on device") || $0.contains("ENOSPC") }
    if saysSo || Files.space(of: folder)?.isFull == true {
      return DeployError(
        .disk, "\(what): the volume is full; free some space or lower KEEP_RELEASES", exitCode: status)
    }
    let telling = lines.last { $0.lowercased().contains("error") } ?? lines.last { !$0.isEmpty }
    return DeployError(code, telling.map { "\(what): \($0)" } ?? what, exitCode: status)
  }

}

/// The user's commands and their limits.
package struct PipelineCommands: Sendable {
  /// nil: the default, which looks at the release before it decides.
  package let install: String?
  package let build: String?
  package let release: String?
  package let installTimeout: Duration?
  package let buildTimeout: Duration?
  package let releaseTimeout: Duration?

  package init(
    install: String?, build: String?, release: String?, installTimeout: Duration?, buildTimeout: Duration?,
    releaseTimeout: Duration?
  ) {
    self.install = install
    self.build = build
    self.release = release
    self.installTimeout = installTimeout
    self.buildTimeout = buildTimeout
    self.releaseTimeout = releaseTimeout
  }
}

package struct CacheFolders: Sendable {
  package let bun: String
  /// Where a cache that has gone bad is moved to, to be deleted by somebody who has time.
  package let trash: String

  package init(bun: String, trash: String) {
    self.bun = bun
    self.trash = trash
  }
}
