import JSON
import Linux
import Pipeline
import Releases

/// The releases, asked from the main loop: the store waits on the disk, so it works on the disk's thread.
@MainLoop
struct ReleaseDesk {
  let store: ReleaseStore
  let shared: SharedPaths
  let keep: Int

  var layout: Layout { store.layout }

  private func disk<Value: Sendable>(
    _ code: DeployError.Code, _ body: @escaping @Sendable (ReleaseStore) throws(ReleaseError) -> Value
  ) async throws(DeployError) -> Value {
    let store = store
    do throws(ReleaseError) {
      return try await Blocking.disk.run { () throws(ReleaseError) in try body(store) }
    } catch {
      throw DeployError(error.cause?.isFull == true ? .disk : code, error.message)
    }
  }

  func reserve(ref: String) async throws(DeployError) -> Int {
    let shared = shared
    return try await disk(.prepare) { store throws(ReleaseError) in
      try store.prepareShared(shared)
      return try store.reserve(Revision(ref: ref))
    }
  }

  func describe(_ number: Int, _ commit: Git.Commit, ref: String) async throws(DeployError) {
    let revision = Revision(commit: commit.hash, message: commit.subject, author: commit.author, ref: ref)
    try await disk(.prepare) { store throws(ReleaseError) in try store.describe(number, revision) }
  }

  /// After the checkout: files of Bascule's own, and the links to what outlives a release.
  func furnish(_ number: Int, commit: String, runner: any StepRunner) async throws(DeployError) {
    let shared = shared
    let replaced = try await disk(.shared) { store throws(ReleaseError) in
      try store.writeRevision(number, commit: commit)
      return try store.linkShared(shared, into: number)
    }
    if !replaced.isEmpty { await remove(replaced, runner: runner) }
  }

  /// Returns what went wrong.
  func seal(_ number: Int) async -> DeployError? {
    do throws(DeployError) {
      try await disk(.prepare) { store throws(ReleaseError) in try store.seal(number) }
      return nil
    } catch {
      return error
    }
  }

  func makeCurrent(_ number: Int) async throws(DeployError) {
    try await disk(.start) { store throws(ReleaseError) in try store.makeCurrent(number) }
  }

  /// Returns what went wrong, for the log.
  func noteCurrent(_ number: Int) async -> String? {
    await failure { store throws(ReleaseError) in try store.noteCurrent(number) }
  }

  // MARK: Asking

  func releases() async -> [Release] {
    (try? await disk(.start) { store throws(ReleaseError) in try store.releases() }) ?? []
  }

  /// A folder that a person made by hand is a release too, of which nothing is known.
  func release(_ number: Int) async -> Release? { (try? await find(number)) ?? nil }

  /// The same; an error where nobody can say, because the ledger cannot be read now.
  func find(_ number: Int) async throws(DeployError) -> Release? {
    try await disk(.start) { store throws(ReleaseError) in
      if let known = try store.ledger()[number] { return known }
      guard try store.canStart(number) == nil else { return nil }
      return Release(number: number, state: .good, revision: Revision(), createdAt: .now)
    }
  }

  func rollbackCandidates(excluding number: Int?) async -> [Int] {
    (try? await disk(.start) { store throws(ReleaseError) in
      try store.rollbackCandidates(excluding: number).map(\.number)
    }) ?? []
  }

  func rollbackTarget(from live: Int) async throws(DeployError) -> Int? {
    try await disk(.start) { store throws(ReleaseError) in try store.rollbackTarget(from: live) }
  }

  func resolve(_ name: String) async throws(DeployError) -> Int {
    try await disk(.start) { store throws(ReleaseError) in
      let number = try store.resolve(name)
      if let reason = try store.canStart(number) {
        throw ReleaseError("Release \(number) cannot be started: \(reason).")
      }
      return number
    }
  }

  /// What `current` asks for, or why that cannot be.
  func reloadTarget() async -> Result<Int, DeployError> {
    do throws(DeployError) {
      return .success(
        try await disk(.start) { store throws(ReleaseError) in
          let current = store.readCurrent()
          guard let number = current.number else { throw ReleaseError(current.problem ?? "") }
          guard let reason = try store.canStart(number) else { return number }
          throw ReleaseError("current names release \(number), and \(reason)")
        })
    } catch {
      return .failure(error)
    }
  }

  // MARK: Afterwards

  /// `failed`: kept for its files until the next one. Else it goes at once.
  func giveUp(_ number: Int, failed: Bool, reason: String, runner: any StepRunner) async {
    do throws(DeployError) {
      try await disk(.start) { store throws(ReleaseError) in
        try store.mark(number, failed ? .failed : .interrupted, reason: reason)
      }
    } catch {
      // A full volume takes no ledger either. The files go first then: nobody takes them for a release.
      await remove([layout.release(number)], runner: runner)
      try? await disk(.start) { store throws(ReleaseError) in
        try store.mark(number, .interrupted, reason: reason)
      }
    }
  }

  func markBad(_ number: Int, reason: String) async {
    try? await disk(.start) { store throws(ReleaseError) in try store.mark(number, .bad, reason: reason) }
  }

  /// Returns what went wrong, for the log.
  func logDeployment(release number: Int, ref: String, commit: String, actor: String) async -> String? {
    await failure { store throws(ReleaseError) in
      try store.revisionsLog.deployed(number, ref: ref, commit: commit, by: actor)
    }
  }

  func logRollback(to number: Int, actor: String) async -> String? {
    await failure { store throws(ReleaseError) in try store.revisionsLog.rolledBack(to: number, by: actor) }
  }

  private func failure(_ body: @escaping @Sendable (ReleaseStore) throws(ReleaseError) -> Void) async
    -> String?
  {
    do throws(DeployError) {
      try await disk(.start, body)
      return nil
    } catch {
      return error.message
    }
  }

  func writeReloadResult(_ line: String) async -> SystemError? {
    let store = store
    do throws(SystemError) {
      try await Blocking.disk.run { () throws(SystemError) in try store.writeReloadResult(line) }
      return nil
    } catch {
      return error
    }
  }

  /// Removes what is no longer needed and returns the numbers that went.
  func prune(running: Set<Int>, runner: any StepRunner) async -> [Int] {
    let keep = keep
    let removed: [Int] =
      (try? await disk(.start) { store throws(ReleaseError) in
        try store.prunePlan(keep: keep, running: running).removed.filter { number in
          (try? store.removeToTrash(number)) != nil
        }
      }) ?? []
    await emptyTrash(runner: runner)
    return removed
  }

  func emptyTrash(runner: any StepRunner) async {
    guard let paths = try? await disk(.start, { store throws(ReleaseError) in try store.trashPaths() }),
      !paths.isEmpty
    else { return }
    await remove(paths, runner: runner)
    let gone = paths.filter { Files.kind($0) == nil }
    try? await disk(.start) { store throws(ReleaseError) in
      for release in try store.ledger().releases where release.state == .removing {
        let folder = store.layout.release(release.number)
        if gone.contains(folder) || Files.kind(folder) == nil { try store.forget(release.number) }
      }
    }
  }

  /// By a child of low priority: a node_modules takes a while, and nobody waits for it.
  private func remove(_ paths: [String], runner: any StepRunner) async {
    let command = StepCommand(
      ["rm", "-rf", "--"] + paths, environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"], directory: "/")
    _ = await runner.run(command, timeout: .seconds(3600)) { _, _ in }
  }

  func measure(_ number: Int, runner: any StepRunner) async {
    let total = Total()
    let command = StepCommand(
      ["du", "-sk", "--", layout.release(number)], environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"],
      directory: "/")
    _ = await runner.run(command, timeout: .seconds(600)) { _, line in
      total.kilobytes =
        String(decoding: line, as: UTF8.self).split(whereSeparator: \.isWhitespace).first.flatMap {
          Int64($0)
        } ?? total.kilobytes
    }
    guard let kilobytes = total.kilobytes else { return }
    try? await disk(.start) { store throws(ReleaseError) in try store.setSize(kilobytes * 1024, of: number) }
  }

  @MainLoop
  private final class Total {
    var kilobytes: Int64?
  }
}
