import Linux
import SQLite

/// News that wait to be sent.
package struct MessageRecord: Sendable, Equatable {
  package var id: Int64 = 0
  package let deployment: Int64
  package let channel: String
  package let kind: String
  package let body: String
  package var attempts: Int
  package var dueAt: Timestamp
  package let queuedAt: Timestamp

  package init(
    deployment: Int64, channel: String, kind: String, body: String, attempts: Int, dueAt: Timestamp,
    queuedAt: Timestamp
  ) {
    self.deployment = deployment
    self.channel = channel
    self.kind = kind
    self.body = body
    self.attempts = attempts
    self.dueAt = dueAt
    self.queuedAt = queuedAt
  }
}

extension History {
  /// Returns its number.
  package func insert(_ message: MessageRecord) throws(HistoryError) -> Int64 {
    try write { () throws(SQLiteError) in
      try database.run(
        """
        INSERT INTO messages (deployment, channel, kind, body, attempts, due_at, queued_at)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """,
        [
          .integer(message.deployment), .text(message.channel), .text(message.kind), .text(message.body),
          .integer(Int64(message.attempts)), .integer(message.dueAt.milliseconds),
          .integer(message.queuedAt.milliseconds),
        ])
    }
  }

  /// In the order of their adding.
  package func messages() throws(HistoryError) -> [MessageRecord] {
    try mapped { () throws(SQLiteError) in
      try database.rows(
        "SELECT id, deployment, channel, kind, body, attempts, due_at, queued_at FROM messages ORDER BY id"
      ) { row in
        var message = MessageRecord(
          deployment: row.integer(1) ?? 0, channel: row.text(2) ?? "", kind: row.text(3) ?? "",
          body: row.text(4) ?? "", attempts: Int(clamping: row.integer(5) ?? 0),
          dueAt: Timestamp(milliseconds: row.integer(6) ?? 0),
          queuedAt: Timestamp(milliseconds: row.integer(7) ?? 0))
        message.id = row.integer(0) ?? 0
        return message
      }
    }
  }

  package func reschedule(message id: Int64, attempts: Int, dueAt: Timestamp) throws(HistoryError) {
    try write { () throws(SQLiteError) in
      _ = try database.run(
        "UPDATE messages SET attempts = ?, due_at = ? WHERE id = ?",
        [.integer(Int64(attempts)), .integer(dueAt.milliseconds), .integer(id)])
    }
  }

  package func remove(message id: Int64) throws(HistoryError) {
    try write { () throws(SQLiteError) in
      _ = try database.run("DELETE FROM messages WHERE id = ?", [.integer(id)])
    }
  }
}
