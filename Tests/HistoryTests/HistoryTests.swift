import Foundation
import JSON
import Linux
import SQLite
import TestSupport
import Testing

@testable import History

@Suite(.timeLimit(.minutes(5))) struct HistoryTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path("history.db") }

  init() throws {
    MainLoopThread.start()
    folder = try TemporaryFolder()
  }

  private func deployment(_ state: DeploymentState = .queued, project: String = "main", at: Int64 = 1000)
    -> Deployment
  {
    Deployment(
      project: project, state: state, trigger: "push", actor: "alice", ref: "main", commit: nil,
      queuedAt: Timestamp(milliseconds: at))
  }

  /// What somebody else sees in the file.
  private func committed() throws -> Int64 {
    try Database(path: path).rows("SELECT count(*) FROM deployments") { $0.integer(0) ?? -1 }.first ?? -1
  }

  @MainLoop @Test func `the changes of a turn are one transaction, and nobody is told before it is written`()
    async throws
  {
    let (history, _) = try History.open(path)
    let told = Once<Int64>()
    var calls = 0
    for _ in 0..<100 {
      _ = try history.insert(deployment())
      history.whenWritten { error in
        #expect(error == nil)
        calls += 1
        if calls == 100 { told.finish((try? committed()) ?? -1) }
      }
    }
    #expect(calls == 0)
    #expect(try committed() == 0)
    #expect(await told.value() == 100)
    var atOnce = false
    history.whenWritten { atOnce = $0 == nil }
    #expect(atOnce)
  }

  @MainLoop @Test func `what could not be written is told to who waits for it`() async throws {
    let (history, _) = try History.open(path)
    let told = Once<HistoryError?>()
    _ = try history.insert(deployment())
    history.whenWritten { told.finish($0) }
    history.close()
    #expect(await told.value() == nil)
    #expect(throws: HistoryError.self) { try history.insert(deployment()) }
  }

  @MainLoop @Test func `everything about a deployment comes back`() throws {
    let (history, _) = try History.open(path)
    var stored = deployment()
    stored.delivery = "d-1"
    stored.before = "b4"
    stored.forced = true
    stored = try history.insert(stored)
    #expect(stored.id == 1)
    #expect(try history.deployment(1) == stored)

    stored.state = .failed
    stored.commit = "abc"
    stored.author = "Zoë"
    stored.message = "line\nbreak \"quoted\""
    stored.release = 7
    stored.replaces = 6
    stored.startedAt = Timestamp(milliseconds: 2000)
    stored.finishedAt = Timestamp(milliseconds: 3500)
    stored.phases = [("prepare", 12), ("install", 345)]
    stored.exitCode = -1
    stored.error = "it failed"
    try history.update(stored)
    history.close()

    let (reopened, warning) = try History.open(path)
    #expect(warning == nil)
    let read = try #require(try reopened.deployment(1))
    #expect(read == stored)
    #expect(read.json.text.contains(#""durationMs":1500,"phases":[{"name":"prepare","durationMs":12},"#))
    #expect(read.delivery == "d-1")
    #expect(read.before == "b4")
    #expect(read.forced)
    #expect(try reopened.deployment(2) == nil)
  }

  @MainLoop @Test func `every state comes back, and those under way are found after a restart`() throws {
    let (history, _) = try History.open(path)
    let states: [DeploymentState] = [
      .queued, .building, .deploying, .success, .failed, .canceled, .superseded, .skipped, .interrupted,
      .rolledBack,
    ]
    for state in states {
      var row = deployment(state)
      if !state.isWaitingOrRunning { row.finishedAt = .now }
      _ = try history.insert(row)
    }
    history.close()
    let (reopened, _) = try History.open(path)
    #expect(try reopened.latest(project: "main", limit: 100).map(\.state) == states.reversed())
    #expect(try reopened.latest(project: "main", limit: 2).map(\.id) == [10, 9])
    #expect(try reopened.latest(project: "other", limit: 100).isEmpty)
    #expect(try reopened.unfinished().map(\.state) == [.queued, .building, .deploying])
    #expect(try reopened.unfinished().allSatisfy(\.state.isWaitingOrRunning))
  }

  @MainLoop @Test func `a delivery has a deployment while that waits, runs or has succeeded`() throws {
    let (history, _) = try History.open(path)
    for delivery in ["a", "b", "a", nil] {
      var row = deployment()
      row.delivery = delivery
      _ = try history.insert(row)
    }
    #expect(history.deployment(ofDelivery: "a", project: "main") == 3)
    #expect(history.deployment(ofDelivery: "c", project: "main") == nil)
    var failed = try #require(try history.deployment(3))
    failed.state = .failed
    try history.update(failed)
    #expect(history.deployment(ofDelivery: "a", project: "main") == nil)
    var succeeded = try #require(try history.deployment(2))
    succeeded.state = .success
    try history.update(succeeded)
    history.close()

    let (reopened, _) = try History.open(path)
    #expect(reopened.deployment(ofDelivery: "b", project: "main") == 2)
    #expect(reopened.deployment(ofDelivery: "a", project: "main") == 1)
  }

  @MainLoop @Test func `what was skipped since a hold began is listed, oldest first`() throws {
    let (history, _) = try History.open(path)
    for at in [100, 200, 300] as [Int64] { _ = try history.insert(deployment(.skipped, at: at)) }
    _ = try history.insert(deployment(.failed, at: 300))
    try history.store(ProjectRecord(slug: "other", repository: "/repo", branch: "main"))
    _ = try history.insert(deployment(.skipped, project: "other", at: 300))
    let skipped = try history.skipped(project: "main", since: Timestamp(milliseconds: 200))
    #expect(skipped.map(\.queuedAt.milliseconds) == [200, 300])
  }

  @MainLoop @Test func `a lock and a pause stand beside each other until they are lifted`() throws {
    let (history, _) = try History.open(path)
    let lock = Hold(kind: .lock, reason: "audit", owner: "alice", at: Timestamp(milliseconds: 1))
    let pause = Hold(kind: .pause, reason: "rolled back", owner: "bob", at: Timestamp(milliseconds: 2))
    for hold in [pause, lock] { try history.set(hold, project: "main") }
    #expect(history.hold(.lock, project: "main") == lock)
    #expect(history.hold(.pause, project: "main") == pause)
    #expect(history.hold(.lock, project: "other") == nil)
    let again = Hold(kind: .lock, reason: "longer audit", owner: "carol", at: Timestamp(milliseconds: 3))
    try history.set(again, project: "main")
    history.close()

    let (reopened, _) = try History.open(path)
    #expect(reopened.hold(.lock, project: "main") == again)
    try reopened.lift(.lock, project: "main")
    #expect(reopened.hold(.lock, project: "main") == nil)
    #expect(reopened.hold(.pause, project: "main") == pause)
    #expect(again.sentence == "locked by carol: longer audit")
  }

  @MainLoop @Test func `a damaged file is set aside and a new one begins`() async throws {
    try folder.write("history.db", String(repeating: "no database at all ", count: 500))
    let (history, warning) = try History.open(path)
    #expect(warning?.contains("history.db.damaged-") == true)
    _ = try history.insert(deployment())
    history.close()
    #expect(try committed() == 1)
    let aside = try #require(folder.names.first { $0.hasPrefix("history.db.damaged-") })
    #expect(try Files.text(folder.path(aside)).hasPrefix("no database at all"))
  }

  @MainLoop @Test func `only its owner reads it, and what lies beside it`() throws {
    for name in ["", "-wal", "-shm", ".damaged-1"] { try folder.write("history.db" + name, "") }
    try folder.write("other", "")
    for _ in 0..<2 {
      let (history, _) = try History.open(path)
      _ = try history.insert(deployment())
      history.commit()
      #expect(
        folder.names == ["history.db", "history.db-shm", "history.db-wal", "history.db.damaged-1", "other"])
      for name in folder.names where name != "other" { #expect(try Files.mode(folder.path(name)) == 0o600) }
      #expect(try Files.mode(folder.path("other")) == 0o644)
      history.close()
      try Files.remove(path)
    }
  }

  @MainLoop @Test(arguments: ["", "-wal"])
  func `a file that is deleted while it is in use is noticed, and set aside at the next start`(suffix: String)
    async throws
  {
    let (history, _) = try History.open(path)
    var told: [String] = []
    history.onDamage = { told.append($0) }
    _ = try history.insert(deployment())
    history.commit()
    history.look()
    #expect(told.isEmpty)
    unlink(path + suffix)
    history.look()
    await history.checkpoint()
    #expect(told.count == 1)
    #expect(told.first?.contains("was deleted or replaced while in use") == true)
    // No second file is begun under the name of the one that is gone.
    if suffix.isEmpty { #expect(!folder.names.contains("history.db")) }
    history.close()
    let (again, warning) = try History.open(path)
    #expect(warning?.contains("found while it was in use") == true)
    again.close()
  }

  @MainLoop @Test func `what is no damage is an error and touches nothing`() throws {
    #expect(throws: HistoryError.self) { try History.open(folder.path("nowhere/history.db")) }
    #expect(folder.names.isEmpty)
  }

  @MainLoop @Test func `a checkpoint makes the log beside the file begin again, and loses nothing`()
    async throws
  {
    let (history, _) = try History.open(path)
    var sizes: [Int] = []
    for _ in 0..<5 {
      for _ in 0..<50 { _ = try history.insert(deployment()) }
      history.commit()
      sizes.append(try Files.read(path + "-wal").count)
      await history.checkpoint()
    }
    #expect(sizes.last ?? .max < 2 * (sizes.first ?? 0))
    #expect(try committed() == 250)
    history.close()
    #expect(Files.kind(path + "-wal") == nil)
  }

  @MainLoop @Test func `the log beside the file ends somewhere, also where writers never pause`() async throws
  {
    let (history, _) = try History.open(path)
    try history.database.execute("CREATE TABLE large (bytes BLOB)")
    let over = Once<Void>()
    let written = Counter()
    let checkpoints = Task { @MainLoop in
      while !over.isFinished {
        await history.checkpoint()
        written.count = 0
      }
    }
    for _ in 0..<300 {
      try history.database.run("INSERT INTO large VALUES (zeroblob(1048576))")
      try history.database.run("DELETE FROM large")
      written.count += 1
      await MainLoop.sleep(for: .zero)
      // On a busy machine a checkpoint takes long: what is written meanwhile is not what this is about.
      try await MainLoop.until { written.count <= 30 }
    }
    over.finish(())
    await checkpoints.value
    #expect(History.size(path) < 128 << 20)
  }

  @MainLoop @Test func `a checkpoint that waits for a reader keeps no writer waiting`() async throws {
    let (history, _) = try History.open(path)
    let reader = try Database(path: path)
    _ = try history.insert(deployment())
    history.commit()
    try reader.execute("BEGIN; SELECT count(*) FROM deployments")
    _ = try history.insert(deployment())
    history.commit()
    let checkpoint = Task { @MainLoop in await history.checkpoint() }
    await MainLoop.sleep(for: .milliseconds(100))
    let took = try ContinuousClock().measure {
      _ = try history.insert(deployment())
      history.commit()
    }
    // As long as the reader reads, it would wait: SQLite's own patience is five seconds.
    #expect(took < .seconds(4))
    await checkpoint.value
    #expect(try committed() == 3)
    withExtendedLifetime(reader) {}
  }

  @MainLoop @Test func `who holds the file is not waited for`() throws {
    let (history, _) = try History.open(path)
    #expect(try history.database.rows("PRAGMA busy_timeout") { $0.integer(0) ?? .max } == [50])
    let other = try Database(path: path)
    try other.execute("BEGIN IMMEDIATE")
    let took = ContinuousClock().measure {
      #expect(throws: HistoryError.self) { try history.insert(deployment()) }
    }
    #expect(took < .seconds(4))
    try other.execute("ROLLBACK")
    #expect(try history.insert(deployment()).id == 1)
  }

  @MainLoop @Test func `what could not be committed is not remembered`() throws {
    let (history, _) = try History.open(path)
    try history.database.execute(
      "CREATE TABLE broken (id INTEGER REFERENCES broken (parent) DEFERRABLE INITIALLY DEFERRED, parent INTEGER UNIQUE)"
    )
    let pause = Hold(kind: .pause, reason: "rolled back", owner: "bob", at: Timestamp(milliseconds: 2))
    try history.set(pause, project: "main")
    var kept = deployment()
    kept.delivery = "kept"
    kept = try history.insert(kept)
    history.commit()

    var lost = deployment()
    lost.delivery = "lost"
    _ = try history.insert(lost)
    kept.state = .failed
    try history.update(kept)
    try history.set(Hold(kind: .lock, reason: "audit", owner: "alice"), project: "main")
    try history.lift(.pause, project: "main")
    try history.database.execute("INSERT INTO broken (id) VALUES (7)")
    var failure: HistoryError?
    history.whenWritten { failure = $0 }
    history.commit()
    #expect(failure != nil)
    #expect(history.deployment(ofDelivery: "lost", project: "main") == nil)
    #expect(history.deployment(ofDelivery: "kept", project: "main") == kept.id)
    #expect(history.hold(.lock, project: "main") == nil)
    #expect(history.hold(.pause, project: "main") == pause)
  }
}

@MainLoop
private final class Counter {
  var count = 0
}
