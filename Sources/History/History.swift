import Glibc
import Linux
import SQLite

/// A delivery may concern several projects.
struct TakenDelivery: Hashable {
  let project: String
  let delivery: String
}

/// The record of deployments. Changes of one turn of the loop are one transaction, committed at its end:
/// a hundred triggers that come together cost one commit, and nobody is told of a row before it is written. The rows of
/// deliveries alone wait a little for each other.
@MainLoop
package final class History {
  let database: Database
  let path: String
  /// For want of room: all of it is gone with this process.
  package let isInMemory: Bool
  /// Deliveries that need not be taken again, to their deployments. Not an index: random keys in one would
  /// cost every trigger a page of its own.
  var taken: [TakenDelivery: Int64] = [:]
  /// Counted when they are first asked for.
  var counts: DeploymentCounts?
  var holds: [String: [Hold.Kind: Hold]] = [:]
  let payloads: PayloadSegments
  var deliveryPruning = Pruning()
  var actionPruning = Pruning()
  /// Those who have done something since actions were pruned.
  var actors: Set<String> = []
  /// Deliveries that are not in the file yet.
  var held: [(delivery: Delivery, place: PayloadSegments.Place?)] = []
  var isHolding = false
  var lastDelivery: Int64?
  /// Told once, when a file turns out to be damaged while it is in use.
  package var onDamage: (@MainLoop (String) -> Void)?
  var isDamaged = false
  /// The files that are open, as long as their names lead to them.
  var files: [String: FileIdentity] = [:]
  private var inTransaction = false
  private var commits = 0
  private var isCheckpointing = false
  private var waiting: [@MainLoop (HistoryError?) -> Void] = []

  /// A damaged file is set aside, and the sentence about it returned: the app matters more than its past.
  package static func open(_ path: String) throws(HistoryError) -> (History, warning: String?) {
    var warning = isMarked(path) ? setAside(path, because: "found while it was in use") : nil
    do throws(SQLiteError) {
      return (try History(path), warning)
    } catch {
      if !error.isDamage, Files.space(of: Files.parent(of: path))?.isFull == true {
        // The app matters more than its past here, too: a full volume must not keep it from being run.
        return (
          try mapped { () throws(SQLiteError) in try History(path, inMemory: true) },
          "the volume is full, and the history cannot be opened (\(error.message)): make room and restart. Until then "
            + "what happens is not kept, and neither are locks and pauses"
        )
      }
      guard error.isDamage else { throw HistoryError(error) }
      warning = setAside(path, because: error.message)
      return (try mapped { () throws(SQLiteError) in try History(path) }, warning)
    }
  }

  private init(_ path: String, inMemory: Bool = false) throws(SQLiteError) {
    self.path = path
    isInMemory = inMemory
    payloads = PayloadSegments(folder: Files.parent(of: path) + "/deliveries")
    Self.keepToOwner(path)
    // This is the main loop's thread: it must not sleep.
    database = try Database(path: inMemory ? ":memory:" : path, busyTimeout: 50)
    // NORMAL: kill -9 loses nothing, and no webhook waits for a disk that a build keeps busy. What decides
    // which release runs is not in here but in files that are synced (decision 0004).
    try database.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;")
    try database.execute(
      "PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -512; PRAGMA journal_size_limit = 4194304;")
    if !inMemory { try Self.checkAtOnce(database, path) }
    try Schema.migrator.migrate(database)
    try loadHolds()
    try loadDeliveries()
    look()
  }

  /// Builds run as another user, and are not to read what others push. The files beside it are made with its mode.
  private static func keepToOwner(_ path: String) {
    // Only where there is none: to close it would give up the locks of another connection.
    _ = try? FileDescriptor.open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
    let folder = Files.parent(of: path)
    for name in (try? Files.list(folder)) ?? [] {
      let file = "\(folder)/\(name)"
      if file.hasPrefix(path), Files.kind(file) == .file { try? Files.changeMode(file, 0o600) }
    }
  }

  package func close() {
    try? writeHeld()
    commit()
    database.close()
  }

  /// Runs `body` in this turn's transaction.
  func write<Value>(_ body: () throws(SQLiteError) -> Value) throws(HistoryError) -> Value {
    if !inTransaction {
      try read { () throws(SQLiteError) in _ = try database.run("BEGIN IMMEDIATE") }
      inTransaction = true
      EventLoop.main.atEndOfTurn { [self] in commit() }
    }
    return try read(body)
  }

  /// Notes it where the file turns out to be damaged.
  func read<Value>(_ body: () throws(SQLiteError) -> Value) throws(HistoryError) -> Value {
    do throws(SQLiteError) {
      return try body()
    } catch {
      if error.isDamage { noteDamage(error) }
      throw HistoryError(error)
    }
  }

  /// Tells when what has been written so far is in the file, or why it is not.
  package func whenWritten(_ body: @escaping @MainLoop (HistoryError?) -> Void) {
    if inTransaction { waiting.append(body) } else { body(nil) }
  }

  package func commit() {
    guard inTransaction else { return }
    try? insertHeld()
    inTransaction = false
    var failure: HistoryError?
    do throws(SQLiteError) {
      try database.run("COMMIT")
    } catch {
      failure = HistoryError(error)
      if error.isDamage { noteDamage(error) }
      try? database.execute("ROLLBACK")
      // What was remembered of this turn has not happened.
      counts = nil
      try? loadHolds()
      try? loadDeliveries()
    }
    let bodies = waiting
    waiting = []
    for body in bodies { body(failure) }
    commits += 1
    // Before the log of a long build's pushes outgrows the file.
    if commits % 500 == 0 { Task { @MainLoop in await checkpoint() } }
  }

  /// Moves the write-ahead log into the file, on a connection and a thread of its own. Passive: anything more
  /// would keep writers waiting. Closing the last connection empties it.
  package func checkpoint() async {
    look()
    // Another connection would make a new file where there is none.
    guard !isCheckpointing, !isDamaged, !isInMemory else { return }
    isCheckpointing = true
    let path = path
    let (length, error) = await Blocking.disk.run { Self.checkpointChecked(path) }
    isCheckpointing = false
    if let error, error.isDamage { noteDamage(error) }
    guard !isDamaged, length > Self.longestLog else { return }
    // It begins again only where all of it is in the file. Writers that never pause for as long as a disk takes
    // would let it grow without end: for once they wait for the little that they have added meanwhile.
    commit()
    _ = Self.checkpoint(database)
  }

  /// In pages: 64 MiB.
  private static let longestLog: Int64 = 16_384

  /// What is damaged while it is in use may lie long in the memory of the one connection that uses it, whole: only
  /// another one sees the file.
  private nonisolated static func checkpointChecked(_ path: String) -> (length: Int64, SQLiteError?) {
    do throws(SQLiteError) {
      let database = try Database(path: path)
      try checkAtOnce(database, path)
      return (checkpoint(database) ?? 0, nil)
    } catch {
      return (0, error)
    }
  }

  /// Returns the length of the log in pages.
  private nonisolated static func checkpoint(_ database: Database) -> Int64? {
    try? database.rows("PRAGMA wal_checkpoint(PASSIVE)") { $0.integer(1) ?? 0 }.first
  }
}
