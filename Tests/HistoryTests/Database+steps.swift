import CSQLite

@testable import SQLite

extension Database {
  /// The steps of SQLite's machine that `body` takes: what it costs, whatever else the computer does meanwhile.
  func steps(_ body: () throws -> Void) rethrows -> Int {
    var steps = 0
    try withUnsafeMutablePointer(to: &steps) { count in
      sqlite3_progress_handler(
        handle, 1,
        { context in
          context?.assumingMemoryBound(to: Int.self).pointee += 1
          return 0
        }, count)
      defer { sqlite3_progress_handler(handle, 0, nil, nil) }
      try body()
    }
    return steps
  }
}
