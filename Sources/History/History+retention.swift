import Linux
import SQLite

extension History {
  /// All but the newest `keep` of each project, and those that have not ended; returns the numbers of what went.
  /// In small pieces: the main loop has other things to do.
  package func forgetOld(keep: Int) async throws(HistoryError) -> [Int64] {
    var gone: [Int64] = []
    let slugs = try read { () throws(SQLiteError) in
      try database.rows("SELECT slug FROM projects") { $0.text(0) ?? "" }
    }
    for slug in slugs {
      let oldest = try read { () throws(SQLiteError) in
        try database.rows(
          "SELECT id FROM deployments WHERE project = ? ORDER BY id DESC LIMIT 1 OFFSET ?",
          [.text(slug), .integer(Int64(max(keep, 1)) - 1)]
        ) { $0.integer(0) ?? 0 }
      }
      guard let oldest = oldest.first else { continue }
      while true {
        let piece = try forget(slug, before: oldest)
        gone += piece
        if piece.count < Self.pieceSize { break }
        await MainLoop.sleep(for: .milliseconds(1))
      }
    }
    return gone
  }

  private static let pieceSize = 200

  private func forget(_ slug: String, before oldest: Int64) throws(HistoryError) -> [Int64] {
    let ids = try read { () throws(SQLiteError) in
      try database.rows(
        """
        SELECT id FROM deployments WHERE project = ? AND id < ? AND finished_at IS NOT NULL
        ORDER BY id LIMIT ?
        """, [.text(slug), .integer(oldest), .integer(Int64(Self.pieceSize))]
      ) { $0.integer(0) ?? 0 }
    }
    guard !ids.isEmpty else { return [] }
    try write { () throws(SQLiteError) in
      for id in ids { _ = try database.run("DELETE FROM deployments WHERE id = ?", [.integer(id)]) }
    }
    let set = Set(ids)
    taken = taken.filter { !set.contains($0.value) }
    return ids
  }

  /// Logs and people go by the numbers: where a new file begins, it goes on behind those of the one before.
  package func skipNumbers(upTo id: Int64) throws(HistoryError) {
    try write { () throws(SQLiteError) in
      _ = try database.run(
        """
        INSERT INTO sqlite_sequence (name, seq) SELECT 'deployments', 0
        WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'deployments')
        """)
      _ = try database.run(
        "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'deployments'", [.integer(id)])
    }
  }

  /// The highest that there ever was.
  package func highestNumber() throws(HistoryError) -> Int64 {
    try read { () throws(SQLiteError) in
      try database.rows("SELECT seq FROM sqlite_sequence WHERE name = 'deployments'") { $0.integer(0) ?? 0 }
        .first ?? 0
    }
  }

  /// Those on record, and the highest that there ever was.
  package func numbers() throws(HistoryError) -> (kept: Set<Int64>, highest: Int64) {
    let kept = try read { () throws(SQLiteError) in
      try database.rows("SELECT id FROM deployments") { $0.integer(0) ?? 0 }
    }
    return (Set(kept), try highestNumber())
  }
}
