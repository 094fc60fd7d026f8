import Glibc
import Linux

/// Lays the commit's files into the release, with a repository of its own that borrows the mirror's objects:
/// git works in the release, and four releases share one store.
struct CheckOut: Step {
  let name = "checkout"
  let commit: Git.Commit
  /// The folder holds another commit's files already, and none that this one would treat in a special way.
  let reusesFiles: Bool

  func perform(_ job: Job) async throws(DeployError) {
    do throws(SystemError) {
      try makeRepository(job)
    } catch  where error.code == ENOTDIR || error.code == ELOOP {
      throw DeployError(
        .checkout,
        "making the release's repository failed: somebody put a file or a link in the place of the folder "
          + "\(error.subject); deploy again")
    } catch {
      throw .system(.checkout, "making the release's repository", error)
    }
    try await git(job, ["reset", "--hard", "--quiet"], doing: "checking out \(commit.hash.prefix(12))")
    if reusesFiles { return }
    if Files.kind(job.folder + "/.gitmodules") == .file { try await submodules(job) }
    try await largeFiles(job)
  }

  private func makeRepository(_ job: Job) throws(SystemError) {
    let owner = job.owner
    let onBranch = job.exactCommit == nil || job.ref == job.git.source.branch
    let branch = onBranch ? job.git.source.branch : nil
    let folder = try job.openFolder().enter([".git"], creatingFor: owner)
    _ = try folder.enter(["refs", "heads"], creatingFor: owner)
    // Relative, so that the volume can be mounted elsewhere.
    try folder.enter(["objects", "info"], creatingFor: owner)
      .write("alternates", "../../../../shared/repo.git/objects\n", owner: owner)
    try folder.write(
      "config",
      """
      [core]
      \trepositoryformatversion = 0
      \tbare = false
      [remote "origin"]
      \turl = \(Self.quoted(job.git.source.url))
      \tfetch = +refs/heads/*:refs/remotes/origin/*

      """, owner: owner)
    // Bascule's own files in the release are not the app's changes.
    try folder.enter(["info"], creatingFor: owner)
      .write("exclude", "/REVISION\n/REVISION_TIME\n", owner: owner)
    if let branch {
      try folder.write("packed-refs", "\(commit.hash) refs/heads/\(branch)\n", owner: owner)
    }
    try folder.write("HEAD", branch.map { "ref: refs/heads/\($0)\n" } ?? commit.hash + "\n", owner: owner)
  }

  private static func quoted(_ text: String) -> String {
    "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }

  private func submodules(_ job: Job) async throws(DeployError) {
    job.narrator.info("The repository has submodules")
    try await git(
      job, ["submodule", "update", "--init", "--recursive"], remote: true,
      doing: "fetching the submodules")
  }

  private func largeFiles(_ job: Job) async throws(DeployError) {
    let uses = await job.git.run(
      ["grep", "--quiet", "--fixed-strings", "filter=lfs", commit.hash, "--", ":(glob)**/.gitattributes"],
      timeout: .seconds(60))
    guard uses.succeeded else { return }
    job.narrator.info("The repository keeps files in Git LFS")
    let version = await job.git.run(["lfs", "version"], in: job.folder, timeout: .seconds(30))
    guard version.succeeded else {
      throw DeployError(
        .checkout,
        "the repository keeps files in Git LFS, and git-lfs is not installed in the container: "
          + "add it to the image (apt-get install git-lfs)")
    }
    try await git(job, ["lfs", "install", "--local"], doing: "setting up Git LFS")
    try await git(job, ["lfs", "pull"], remote: true, doing: "fetching the files in Git LFS")
  }

  private func git(_ job: Job, _ arguments: [String], remote: Bool = false, doing: String)
    async throws(DeployError)
  {
    try await job.git.run(
      arguments, for: job, in: job.folder, remote: remote, doing: doing, code: .checkout)
  }
}
