import Glibc
import Linux
import SQLite
import TestSupport
import Testing

@testable import History

/// What must not take longer because much has been before.
@Suite(.timeLimit(.minutes(5))) struct GrowthTests {
  private let folder: TemporaryFolder

  init() throws {
    MainLoopThread.start()
    folder = try TemporaryFolder()
  }

  private var path: String { folder.path("history.db") }

  @MainLoop private func row(_ state: DeploymentState, of project: String = "main") -> Deployment {
    var row = Deployment(
      project: project, state: state, trigger: "push", actor: "alice", ref: "main", commit: nil)
    if !state.isWaitingOrRunning { row.finishedAt = .now }
    return row
  }

  /// Said and counted.
  @MainLoop private func expectRightCounts(_ history: History) throws {
    let counted = try history.database.rows("SELECT state, count(*) FROM deployments GROUP BY state") {
      ($0.text(0) ?? "", Int(clamping: $0.integer(1) ?? 0))
    }
    let said = try history.countByState().map { ($0.state.rawValue, $0.count) }
    #expect(Dictionary(uniqueKeysWithValues: said) == Dictionary(uniqueKeysWithValues: counted))
  }

  @MainLoop @Test func `deployments are counted by state once, whatever becomes of them`() async throws {
    let history = try History.filled(path, 3000)
    try expectRightCounts(history)
    var rows: [Deployment] = []
    for state in [DeploymentState.queued, .building, .success, .queued, .failed] {
      rows.append(try history.insert(row(state)))
    }
    try expectRightCounts(history)
    rows[0].state = .building
    try history.update(rows[0])
    rows[0].state = .success
    try history.update(rows[0])
    rows[2].state = .rolledBack
    try history.update(rows[2])
    rows[3].state = .superseded
    rows[3].finishedAt = .now
    try history.conclude(rows[3])
    // Of one that is not there.
    var unknown = row(.success)
    unknown.id = 1_000_000
    try history.update(unknown)
    try expectRightCounts(history)
    _ = try await history.forgetOld(of: "main", keep: 100)
    try expectRightCounts(history)
    try history.remove(project: "shop")
    try expectRightCounts(history)
    history.close()
    let (reopened, _) = try History.open(path)
    try expectRightCounts(reopened)
  }

  @MainLoop @Test func `what was not written is not counted`() throws {
    let (history, _) = try History.open(path)
    _ = try history.insert(row(.success))
    history.commit()
    try expectRightCounts(history)
    _ = try history.insert(row(.failed))
    try history.database.execute("ROLLBACK")
    history.commit()
    try expectRightCounts(history)
  }

  @MainLoop @Test func `counting a hundred thousand deployments once more reads nothing`() throws {
    let history = try History.filled(path, 100_000)
    _ = try history.countByState()
    let read = try ReadCount.of { _ = try history.countByState() }
    #expect(read.bytes < 65536)
  }

  @MainLoop @Test func `pruning does not walk past what stays`() async throws {
    let history = try History.filled(path, 100_000)
    _ = try await history.forgetOld(of: "main", keep: 49_900)
    _ = try history.insert(row(.success))
    let before = ReadCount.now
    #expect(try await history.forgetOld(of: "main", keep: 49_900).count == 1)
    #expect(ReadCount.now.bytes - before.bytes < 200_000)
  }

  @MainLoop @Test func `a long history is opened without being read`() throws {
    try History.filled(path, 100_000).close()
    let size = try Files.read(path, limit: 1 << 30).count
    #expect(size > 12 << 20)
    let read = try ReadCount.of { try History.open(path).0.close() }
    #expect(read.bytes < size / 4, "\(read.bytes) of \(size)")
  }

  @MainLoop @Test func `small logs of the past are not opened at a start`() async throws {
    let text = String(repeating: "{}\n", count: 2000)
    for number in 1...3000 {
      try folder.write("logs/\(number).log", number == 7 ? text : "{}\n", mode: 0o600)
    }
    let watch = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
    defer { close(watch) }
    #expect(inotify_add_watch(watch, folder.path("logs"), UInt32(IN_OPEN)) > 0)
    let logs = DeploymentLogs(folder: folder.path("logs"))
    logs.settle()
    await logs.settled()
    #expect(Files.kind(folder.path("logs/7.log.gz")) == .file)
    var events = [UInt8](repeating: 0, count: 1 << 20)
    let count = read(watch, &events, events.count)
    // A header and a name are 32 bytes: the folder itself, and the one that is compressed.
    #expect(count > 0 && count < 32 * 20, "\(count / 32) times something was opened")
  }

  @MainLoop @Test func `the age of all logs is looked at once a day`() async throws {
    let logs = DeploymentLogs(folder: folder.path)
    let now = Timestamp.now
    func later(_ hours: Int64) -> Timestamp { Timestamp(milliseconds: now.milliseconds + hours * 3_600_000) }
    func old(_ id: Int) throws {
      let file = try folder.write("\(id).log", "{}\n")
      let then = timespec(tv_sec: time(nil) - 91 * 86400, tv_nsec: 0)
      #expect(utimensat(AT_FDCWD, file, [then, then], 0) == 0)
    }
    try old(1)
    await logs.pruneDaily(days: 90, at: now)
    #expect(folder.names == [])
    try old(2)
    await logs.pruneDaily(days: 90, at: later(23))
    #expect(folder.names == ["2.log"])
    await logs.pruneDaily(days: 90, at: later(24))
    #expect(folder.names == [])
    try old(3)
    // The clock was set back.
    await logs.pruneDaily(days: 90, at: now)
    #expect(folder.names == [])
  }
}
