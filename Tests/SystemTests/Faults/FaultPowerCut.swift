import Foundation
import Testing

/// A volume that loses what was not synced.
@Suite(.fewAtATime)
struct FaultPowerCut {
  @Test func `a power cut at the boundaries of a deployment`() async throws {
    try await withDisk { disk, first, repository in
      let settings = ["GIT_REPO": repository.path]
      var manager = first
      var losses = 0
      for boundary in Sweep.pick([.fetched, .built, .started, .switched, .done], long: Boundary.all) {
        (manager, _) = try await Sweep.check("a power cut at \"\(boundary.words)\"", repository) {
          let commit = { (version: String) in
            // As if everything so far had been long ago: only what this deployment does is at stake.
            sync()
            return try await repository.commit(version)
          }
          return try await Sweep.strike(manager, repository, at: boundary, commit: commit) {
            let (aftermath, isLost) = try await powerCut(disk, $0, settings)
            losses += isLost ? 1 : 0
            return aftermath
          }
        }
      }
      // Else it was no power cut: what is never synced may be saved by somebody's sync once, but not each time.
      #expect(losses > 0, "nothing was lost at any boundary")
    }
  }

  private func powerCut(
    _ disk: DiskImage, _ strike: Strike, _ settings: [String: String]
  ) async throws -> (aftermath: Sweep.Aftermath, isLost: Bool) {
    let manager = strike.manager
    let lost = disk.path + "/never-synced"
    // Foundation would sync it, and with it all that the file system has not written down yet.
    let file = open(lost, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0, write(file, "x", 1) == 1, close(file) == 0 else {
      throw Failure("\(lost) is not written")
    }
    let seen = manager.current
    let proof = try disk.cutPower()
    kill(strike.pid, SIGKILL)
    _ = try await manager.process.ended()
    try await disk.unmount()
    try await disk.mount()
    // Unless somebody's sync came just then.
    let isLost = (try? Data(contentsOf: URL(filePath: lost)))?.isEmpty ?? true
    // What was visible was durable.
    guard manager.current == seen else {
      throw Failure("current was \(seen ?? "nothing") and is \(manager.current ?? "nothing")")
    }
    guard let text = manager.file("current/app.json"),
      let named = try JSON(parsing: text)["version"].string,
      manager.file("current/built.txt")?.hasPrefix("built") == true
    else { throw Failure("current names \(manager.current ?? "nothing"), which is not whole") }
    let again = try await manager.again(settings)
    let fate = isLost ? "is lost" : "was saved"
    let isNew = named == strike.version
    let aftermath = Sweep.Aftermath(
      manager: again,
      proof: "\(proof); a file just written \(fate); current names \(seen ?? "?") as before",
      serving: [named],
      // The ledger is on the disk before the release is begun. The record may have lost the deployment itself.
      says: !isNew && strike.says("Release ") ? ["removed half-made releases"] : [],
      told: { again.log },
      silence: isNew ? "nothing to tell: the new release serves" : "nothing to tell: nothing had begun")
    return (aftermath, isLost)
  }

  @Test func `a disk that turns read-only by an error, and is mounted anew`() async throws {
    try await withDisk { disk, manager, repository in
      try await Sweep.check("an error of the disk, and a restart", repository) {
        let commit = try await repository.commit(Sweep.version())
        try await disk.makeReadOnly()
        let told = manager.listening()
        let answer = try await manager.webhook.push(.init(after: commit))
        let touched = open(disk.path + "/x", O_WRONLY | O_CREAT, 0o600)
        guard touched < 0, errno == EROFS else { throw Failure("it can be written") }
        try await manager.untilIdle()
        guard await manager.servedVersion() == "1" else { throw Failure("the app does not serve") }
        let said = try await told() + "\n\(answer)\n" + manager.lastError()
        try await manager.kill9()
        try await disk.unmount()
        try await disk.mount()
        let again = try await manager.again(["GIT_REPO": repository.path])
        return Sweep.Aftermath(
          manager: again, proof: "open: Read-only file system", serving: ["1"],
          says: ["could not be written down", "disk I/O error"], told: { said }
        )
      }
    }
  }

  private func withDisk(_ body: (DiskImage, Manager, Repository) async throws -> Void) async throws {
    try await Workspace.with { workspace in
      let disk = try await DiskImage(in: workspace)
      let repository = try await Repository(in: workspace)
      try await repository.commit("1")
      let manager = try await Manager.start(in: workspace, root: disk.path, ["GIT_REPO": repository.path])
      try await manager.untilServes("1")
      try await manager.untilIdle()
      var failure: (any Error)?
      do { try await body(disk, manager, repository) } catch { failure = error }
      for pid in Procfs.pids() where Procfs.folder(pid).hasPrefix(workspace.path) { kill(pid, SIGKILL) }
      try? await disk.end()
      if let failure { throw Failure("\(failure)\n\(manager.log.suffix(8000))") }
    }
  }
}
