import SQLite

/// The history could not be read or written. Nothing that runs depends on it.
package struct HistoryError: Error, Equatable, CustomStringConvertible {
  package let description: String

  init(_ error: SQLiteError) { description = error.description }
}

/// The one mapping from the database's errors to the history's.
func mapped<Value>(_ body: () throws(SQLiteError) -> Value) throws(HistoryError) -> Value {
  do throws(SQLiteError) {
    return try body()
  } catch {
    throw HistoryError(error)
  }
}
