import Linux

/// Brings the mirror up to date and finds the commit to deploy.
struct FetchCode: Step {
  let name = "fetch"

  func perform(_ job: Job) async throws(DeployError) { _ = try await find(job) }

  func find(_ job: Job) async throws(DeployError) -> Git.Commit {
    do throws(DeployError) {
      return try await fetchAndFind(job)
    } catch {
      guard error.code == .mirror else { throw error }
      // The mirror is only a copy: a damaged one is thrown away, once.
      job.narrator.warn("the mirror in shared/repo.git is damaged (\(error.message)); fetching it anew")
      try discardMirror(job)
      return try await fetchAndFind(job)
    }
  }

  private func fetchAndFind(_ job: Job) async throws(DeployError) -> Git.Commit {
    try await makeMirror(job)
    job.narrator.info("Fetching \(job.git.source.url)")
    try await fetch(job, ["--prune", "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"])
    if let exact = job.exactCommit {
      if let commit = try await job.git.find(exact) { return commit }
      // Not on any branch any more (a force-push came after): most hosts still hand it out by name.
      try? await fetch(job, ["+\(exact):refs/bascule/wanted"])
      if let commit = try await job.git.find(exact) { return commit }
      throw Self.missing(
        "the commit \(exact.prefix(12)) is not in \(job.git.source.url) (any more): push it, or deploy a branch"
      )
    }
    if let commit = try await job.git.find(job.ref) { return commit }
    throw Self.missing(
      "there is no branch, tag or commit \(job.ref) in \(job.git.source.url): check GIT_BRANCH or --ref")
  }

  /// Whoever cancels ends the git that looks for it: that one finds nothing either.
  private static func missing(_ sentence: String) -> DeployError {
    Task.isCancelled
      ? DeployError(.canceled, "canceled while looking for the commit") : DeployError(.fetch, sentence)
  }

  private func makeMirror(_ job: Job) async throws(DeployError) {
    let mirror = job.git.mirror
    if Files.kind(mirror + "/HEAD") == .file { return }
    do throws(SystemError) {
      try Files.makeDirectory(mirror)
      if let owner = job.owner { try Files.changeOwner(mirror, uid: owner.uid, gid: owner.gid) }
    } catch {
      throw .system(.fetch, "making the mirror", error)
    }
    try await job.git.run(
      ["init", "--bare", "--quiet", "."], for: job, doing: "making the mirror", code: .fetch)
  }

  private func fetch(_ job: Job, _ what: [String]) async throws(DeployError) {
    try await job.git.run(
      ["fetch", "--no-tags", "--no-write-fetch-head", "--force", job.git.source.url] + what, for: job,
      remote: true, doing: "fetching \(job.git.source.url)", code: .fetch)
  }

  private func discardMirror(_ job: Job) throws(DeployError) {
    do throws(SystemError) {
      // Somebody may have removed it.
      guard Files.kind(job.git.mirror) != nil else { return }
      try Files.makeDirectory(job.caches.trash)
      try Files.rename(job.git.mirror, "\(job.caches.trash)/mirror-\(Timestamp.now.milliseconds)")
    } catch {
      throw .system(.fetch, "setting the damaged mirror aside", error)
    }
  }
}
