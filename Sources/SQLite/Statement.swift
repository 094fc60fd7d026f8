import CSQLite

package enum SQLiteValue: Sendable, Equatable {
  case null
  case integer(Int64)
  case text(String)
  case blob([UInt8])

  package init(_ value: Int64?) { self = value.map(SQLiteValue.integer) ?? .null }
  package init(_ value: Int?) { self = value.map { .integer(Int64($0)) } ?? .null }
  package init(_ value: String?) { self = value.map(SQLiteValue.text) ?? .null }
  package init(_ value: [UInt8]?) { self = value.map(SQLiteValue.blob) ?? .null }
  package init(_ value: Bool) { self = .integer(value ? 1 : 0) }
}

/// A compiled statement, standing on one row while it is stepped through.
package final class Statement {
  private let raw: OpaquePointer

  init(_ raw: OpaquePointer) { self.raw = raw }

  deinit { sqlite3_finalize(raw) }

  package func integer(_ column: Int32) -> Int64? {
    sqlite3_column_type(raw, column) == SQLITE_NULL ? nil : sqlite3_column_int64(raw, column)
  }

  package func text(_ column: Int32) -> String? {
    sqlite3_column_text(raw, column).map { String(cString: $0) }
  }

  package func blob(_ column: Int32) -> [UInt8]? {
    guard sqlite3_column_type(raw, column) != SQLITE_NULL else { return nil }
    let start = sqlite3_column_blob(raw, column)
    return Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(raw, column))))
  }

  func bind(_ values: [SQLiteValue]) throws(SQLiteError) {
    for (index, value) in values.enumerated() {
      let position = Int32(index + 1)
      let code: Int32
      switch value {
      case .null: code = sqlite3_bind_null(raw, position)
      case .integer(let number): code = sqlite3_bind_int64(raw, position, number)
      case .blob(let bytes):
        code =
          bytes.isEmpty
          ? sqlite3_bind_zeroblob(raw, position, 0)
          : sqlite3_bind_blob(raw, position, bytes, Int32(clamping: bytes.count), Self.copied)
      case .text(let text): code = sqlite3_bind_text(raw, position, text, -1, Self.copied)
      }
      guard code == SQLITE_OK else { throw failure(code) }
    }
  }

  func step() throws(SQLiteError) -> Bool {
    let code = sqlite3_step(raw)
    switch code {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    default: throw failure(code)
    }
  }

  func reset() {
    sqlite3_reset(raw)
    sqlite3_clear_bindings(raw)
  }

  /// SQLITE_TRANSIENT, a cast that the C macro does and Swift does not import.
  private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

  private func failure(_ code: Int32) -> SQLiteError {
    let text = sqlite3_errmsg(sqlite3_db_handle(raw)) ?? sqlite3_errstr(code)
    return SQLiteError(code: code, message: text.map { String(cString: $0) } ?? "error \(code)")
  }
}
