import Linux
import SQLite

extension History {
  /// All but the newest `keep` of the project, and those that have not ended; returns the numbers of what went.
  /// In small pieces: the main loop has other things to do.
  package func forgetOld(of slug: String, keep: Int) async throws(HistoryError) -> [Int64] {
    var gone: [Int64] = []
    var last: Int64 = 0
    // From the oldest on: to look for the newest that goes would be a walk past all that stay.
    var rest = try loadedCounts().rows(of: slug) - max(keep, 1)
    while rest > 0 {
      let piece = try oldest(min(rest, Self.pieceSize), of: slug, after: last)
      guard let end = piece.last?.id else { break }
      let ended = piece.filter(\.hasEnded)
      try forget(ended.map { ($0.id, $0.state) }, of: slug)
      gone += ended.map(\.id)
      last = end
      rest -= piece.count
      if rest > 0 { await MainLoop.sleep(for: .milliseconds(1)) }
    }
    return gone
  }

  private static let pieceSize = 200

  private func oldest(_ count: Int, of slug: String, after last: Int64) throws(HistoryError) -> [(
    id: Int64, state: DeploymentState, hasEnded: Bool
  )] {
    try read { () throws(SQLiteError) in
      try database.rows(
        """
        SELECT id, state, finished_at IS NOT NULL FROM deployments WHERE project = ? AND id > ?
        ORDER BY id LIMIT ?
        """, [.text(slug), .integer(last), .integer(Int64(count))]
      ) { ($0.integer(0) ?? 0, Self.state($0.text(1)), $0.integer(2) == 1) }
    }
  }

  private func forget(_ rows: [(id: Int64, state: DeploymentState)], of slug: String) throws(HistoryError) {
    guard !rows.isEmpty else { return }
    try write { () throws(SQLiteError) in
      for row in rows { _ = try database.run("DELETE FROM deployments WHERE id = ?", [.integer(row.id)]) }
    }
    counts?.remove(rows.map(\.state), of: slug)
    let ids = Set(rows.map(\.id))
    taken = taken.filter { !ids.contains($0.value) }
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
