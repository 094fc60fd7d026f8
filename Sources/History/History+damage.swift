import Glibc
import Linux
import SQLite

/// A damaged file is no reason to stop: it is set aside, at once where that is found at the start, else at the next
/// start, and what runs goes on without being recorded.
extension History {
  /// To look through a file of this size takes a few milliseconds; a larger one is looked through later, beside the
  /// work, because whoever waits for the app must not wait for that.
  private nonisolated static let checkedAtOnce: Int64 = 8 << 20

  nonisolated static func mark(_ path: String) -> String { path + ".damaged" }

  static func isMarked(_ path: String) -> Bool { Files.kind(mark(path)) != nil }

  nonisolated static func size(_ path: String) -> Int64 {
    ["", "-wal"].reduce(0) { total, suffix in
      var status = stat()
      return stat(path + suffix, &status) == 0 ? total + Int64(status.st_size) : total
    }
  }

  /// Throws what is wrong with the file, if it is small.
  nonisolated static func checkAtOnce(_ database: Database, _ path: String) throws(SQLiteError) {
    if size(path) <= checkedAtOnce { try check(database) }
  }

  private nonisolated static func check(_ database: Database) throws(SQLiteError) {
    let problems = try database.rows("PRAGMA quick_check(1)") { $0.text(0) ?? "" }
    if let problem = problems.first, problem != "ok" { throw .damage(problem) }
  }

  /// Returns what is wrong with a file that was too large to be looked through when it was opened.
  package func checkLater() async -> String? {
    let path = path
    guard Self.size(path) > Self.checkedAtOnce else { return nil }
    let error = await Blocking.disk.run { () -> SQLiteError? in
      do throws(SQLiteError) {
        try Self.check(try Database(path: path))
        return nil
      } catch {
        return error
      }
    }
    guard let error, error.isDamage else { return nil }
    return noteDamage(error)
  }

  /// Moves the file away; returns the sentence about it.
  static func setAside(_ path: String, because reason: String) -> String {
    let aside = "\(path).damaged-\(Timestamp.now.milliseconds)"
    for suffix in ["", "-wal", "-shm"] where Files.kind(path + suffix) != nil {
      try? Files.rename(path + suffix, aside + suffix)
    }
    _ = unlink(mark(path))
    return "the history is damaged (\(reason)): it was set aside as \(aside), a new one begins"
  }

  /// Notices files that were deleted or replaced while they are open: SQLite goes on writing into what nobody will
  /// ever read.
  package func look() {
    for file in [path, path + "-wal"] where !isDamaged && !isInMemory {
      let now = FileIdentity(file)
      guard let known = files[file] else {
        files[file] = now
        continue
      }
      if now != known { noteDamage(.damage("\(file) was deleted or replaced while in use")) }
    }
  }

  @discardableResult
  func noteDamage(_ error: SQLiteError) -> String {
    let sentence =
      "the history is damaged (\(error.message)): what happens is not recorded reliably until Bascule is "
      + "started again, which sets \(path) aside and begins a new one"
    if !isDamaged {
      isDamaged = true
      try? Files.append(Self.mark(path), Array("\(error.message)\n".utf8), mode: 0o600)
      onDamage?(sentence)
    }
    return sentence
  }
}
