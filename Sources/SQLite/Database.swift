import CSQLite

package struct SQLiteError: Error, Equatable, CustomStringConvertible {
  package let code: Int32
  package let message: String

  package var description: String { "database: \(message)" }
  package static func damage(_ message: String) -> SQLiteError {
    SQLiteError(code: SQLITE_CORRUPT, message: message)
  }

  package var isDamage: Bool { [SQLITE_CORRUPT, SQLITE_NOTADB].contains(code & 0xff) }
}

/// One connection. Not Sendable: it belongs to whoever opened it.
package final class Database {
  private(set) var handle: OpaquePointer?
  private var statements: [String: Statement] = [:]

  /// `busyTimeout`: for how many milliseconds the calling thread may sleep while another connection has the lock.
  package init(path: String, busyTimeout: Int32 = 5000) throws(SQLiteError) {
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
    let code = sqlite3_open_v2(path, &handle, flags, nil)
    guard code == SQLITE_OK else {
      let error = failure(code)
      close()
      throw error
    }
    sqlite3_extended_result_codes(handle, 1)
    sqlite3_busy_timeout(handle, busyTimeout)
  }

  deinit { close() }

  package func close() {
    statements.removeAll()
    sqlite3_close_v2(handle)
    handle = nil
  }

  /// One or more statements without parameters.
  package func execute(_ sql: String) throws(SQLiteError) {
    let code = sqlite3_exec(handle, sql, nil, nil, nil)
    guard code == SQLITE_OK else { throw failure(code) }
  }

  /// Runs a statement to its end; its compiled form is kept for the next time.
  @discardableResult
  package func run(_ sql: String, _ values: [SQLiteValue] = []) throws(SQLiteError) -> Int64 {
    let statement = try prepare(sql)
    defer { statement.reset() }
    try statement.bind(values)
    while try statement.step() {}
    return sqlite3_last_insert_rowid(handle)
  }

  package func rows<Row>(
    _ sql: String, _ values: [SQLiteValue] = [], _ row: (Statement) -> Row
  ) throws(SQLiteError) -> [Row] {
    let statement = try prepare(sql)
    defer { statement.reset() }
    try statement.bind(values)
    var result: [Row] = []
    while try statement.step() { result.append(row(statement)) }
    return result
  }

  /// Rows changed by the last statement.
  package var changes: Int { Int(sqlite3_changes(handle)) }

  package func transaction<Value>(_ body: () throws(SQLiteError) -> Value) throws(SQLiteError) -> Value {
    try run("BEGIN IMMEDIATE")
    do throws(SQLiteError) {
      let value = try body()
      try run("COMMIT")
      return value
    } catch {
      try? execute("ROLLBACK")
      throw error
    }
  }

  private func prepare(_ sql: String) throws(SQLiteError) -> Statement {
    if let known = statements[sql] { return known }
    var raw: OpaquePointer?
    let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &raw, nil)
    guard code == SQLITE_OK, let raw else { throw failure(code) }
    let statement = Statement(raw)
    statements[sql] = statement
    return statement
  }

  private func failure(_ code: Int32) -> SQLiteError {
    let text = handle.flatMap { sqlite3_errmsg($0) } ?? sqlite3_errstr(code)
    return SQLiteError(code: code, message: text.map { String(cString: $0) } ?? "error \(code)")
  }
}
