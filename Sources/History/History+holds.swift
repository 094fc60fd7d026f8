import JSON
import Linux
import SQLite

/// What keeps automatic deployments away: a person's lock, or the pause after a rollback by hand.
package struct Hold: Sendable, Equatable {
  package enum Kind: String, Sendable { case lock, pause }

  package let kind: Kind
  package let reason: String
  package let owner: String
  package let at: Timestamp

  package init(kind: Kind, reason: String, owner: String, at: Timestamp = .now) {
    self.kind = kind
    self.reason = reason
    self.owner = owner
    self.at = at
  }

  package var json: JSONValue {
    ["reason": .string(reason), "owner": .string(owner), "at": .string(at.iso8601())]
  }

  package var sentence: String {
    switch kind {
    case .lock: "locked by \(owner): \(reason)"
    case .pause: "paused by \(owner): \(reason)"
    }
  }
}

extension History {
  package func hold(_ kind: Hold.Kind, project: String) throws(HistoryError) -> Hold? {
    try mapped { () throws(SQLiteError) in
      try database.rows(
        "SELECT reason, owner, at FROM holds WHERE project = ? AND kind = ?",
        [.text(project), .text(kind.rawValue)]
      ) { row in
        Hold(
          kind: kind, reason: row.text(0) ?? "", owner: row.text(1) ?? "",
          at: Timestamp(milliseconds: row.integer(2) ?? 0))
      }
    }.first
  }

  package func set(_ hold: Hold, project: String) throws(HistoryError) {
    try write { () throws(SQLiteError) in
      _ = try database.run(
        "INSERT OR REPLACE INTO holds (project, kind, reason, owner, at) VALUES (?, ?, ?, ?, ?)",
        [
          .text(project), .text(hold.kind.rawValue), .text(hold.reason), .text(hold.owner),
          .integer(hold.at.milliseconds),
        ])
    }
  }

  package func lift(_ kind: Hold.Kind, project: String) throws(HistoryError) {
    try write { () throws(SQLiteError) in
      _ = try database.run(
        "DELETE FROM holds WHERE project = ? AND kind = ?", [.text(project), .text(kind.rawValue)])
    }
  }
}
