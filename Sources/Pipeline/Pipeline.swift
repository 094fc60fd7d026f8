import Linux

/// Phases 2 and 3: from a reserved, empty folder to a built release. Phases 1 and 4 are the manager's.
@MainLoop
package struct Pipeline {
  package init() {}

  /// What the caller does once the commit is known, and once its files are laid out.
  package typealias OnCommit = @MainLoop (Git.Commit) async throws(DeployError) -> Void

  package func run(_ job: Job, onCommit: OnCommit, onCheckout: OnCommit) async throws(DeployError) {
    job.narrator.begin(.install)
    job.narrator.step = "fetch"
    var commit = try await FetchCode().find(job)
    for hash in job.overtaken where await job.git.isAncestor(commit.hash, of: hash) {
      guard let newer = await job.git.commit(hash) else { continue }
      job.narrator.info("\(commit.hash.prefix(12)) came late; \(hash.prefix(12)), which waited, contains it")
      commit = newer
    }
    job.narrator.info("Commit \(commit.hash.prefix(12)) by \(commit.author): \(commit.subject)")
    try await onCommit(commit)
    let isBegun = await job.spare.take(for: commit, job)
    try await perform(CheckOut(commit: commit, reusesFiles: isBegun), job)
    try await onCheckout(commit)
    try await perform(InstallDependencies(), job)
    job.narrator.step = nil
    job.narrator.endPhase("code fetched and dependencies installed")

    job.narrator.begin(.build)
    try await perform(BuildApp(), job)
    try await perform(RunReleaseCommand(), job)
    job.narrator.step = nil
    job.narrator.endPhase("built")
  }

  private func perform(_ step: some Step, _ job: Job) async throws(DeployError) {
    if Task.isCancelled { throw DeployError(.canceled, "canceled before \(step.name)") }
    job.narrator.step = step.name
    try await step.perform(job)
  }
}
