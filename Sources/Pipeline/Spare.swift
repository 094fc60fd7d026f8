import Glibc
import Linux

/// The next release, begun before it is asked for: what is live, checked out and installed once more in the
/// background. A deployment that changes nothing of what was installed renames it into place and lets git
/// bring the files up to date, instead of writing and linking all of them anew (decision 0009).
///
/// It was never built in and never ran, so it is exactly what a fresh checkout and install would be.
@MainLoop
package struct Spare {
  /// As deep as a release, so that the relative path to the mirror's objects holds in both places.
  private let folder: String
  private let trash: String

  /// There while `folder` is complete; holds its commit.
  private var mark: String { folder + ".ready" }

  package init(folder: String, trash: String) {
    self.folder = folder
    self.trash = trash
  }

  /// What an install depends on; a change to any of it means a fresh start.
  private static let inputs = [
    ":(glob)**/package.json", "bun.lock", "bun.lockb", "bunfig.toml", ".npmrc", "patches",
    ":(glob)**/.gitattributes", ".gitmodules",
  ]

  /// Moves it to the job's empty release folder, if it fits the commit.
  func take(for commit: Git.Commit, _ job: Job) async -> Bool {
    guard job.commands.install == nil, let before = try? Files.readRegular(mark, limit: 128)
    else { return false }
    let changed = await job.git.run(
      ["diff", "--quiet", String(decoding: before, as: UTF8.self), commit.hash, "--"] + Self.inputs,
      timeout: .seconds(60))
    // Gone before it is moved: a half-moved one must not be taken again.
    guard changed.succeeded, unlink(mark) == 0, rename(folder, job.folder) == 0 else { return false }
    return true
  }

  /// Makes a new one, like the release that `live` is, through a job whose folder is the spare's.
  package func prepare(like live: String, _ commit: Git.Commit, _ job: Job) async {
    discard()
    guard job.commands.install == nil, Self.isRepeatable(live), let space = Files.space(of: trash),
      space.free > space.total / 10
    else { return }
    do {
      try Files.makeDirectory(folder)
      if let owner = job.owner { try Files.changeOwner(folder, uid: owner.uid, gid: owner.gid) }
      try await CheckOut(commit: commit, reusesFiles: false).perform(job)
      try await InstallDependencies().perform(job)
      try Files.writeAtomically(mark, Array(commit.hash.utf8))
    } catch {
      // Nobody waits for it; the next deployment starts from nothing, as the first one did.
      discard()
    }
  }

  /// Not where the install leaves more than node_modules behind, or something unlike from one to the next.
  private static func isRepeatable(_ release: String) -> Bool {
    let isLocked = ["bun.lock", "bun.lockb"].contains { Files.kind("\(release)/\($0)") == .file }
    guard isLocked, Files.kind(release + "/.gitmodules") == nil, Files.kind(release + "/.git/lfs") == nil,
      let package = PackageFile(folder: release)
    else { return false }
    return !["preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare"].contains {
      package.hasScript($0)
    }
  }

  package func discard() {
    _ = unlink(mark)
    guard Files.kind(folder) != nil else { return }
    _ = rename(folder, "\(trash)/spare-\(Timestamp.now.milliseconds)")
  }
}
