import JSON
import Linux
import SQLite

/// What a person has set until somebody lifts it: a lock or a pause keeps automatic deployments away,
/// maintenance keeps visitors away.
package struct Hold: Sendable, Equatable {
  package enum Kind: String, Sendable { case lock, pause, maintenance }

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
    case .pause: "paused by \(owner): \(reason); `bascule resume` lets pushes in again"
    case .maintenance: "in maintenance by \(owner): \(reason)"
    }
  }
}

extension History {
  /// From memory: every trigger asks.
  package func hold(_ kind: Hold.Kind, project: String) -> Hold? { holds[project]?[kind] }

  func loadHolds() throws(SQLiteError) {
    let rows = try database.rows("SELECT project, kind, reason, owner, at FROM holds") { row in
      (row.text(0) ?? "", row.text(1) ?? "", row.text(2) ?? "", row.text(3) ?? "", row.integer(4) ?? 0)
    }
    holds = [:]
    for (project, kind, reason, owner, at) in rows {
      guard let kind = Hold.Kind(rawValue: kind) else { continue }
      holds[project, default: [:]][kind] = Hold(
        kind: kind, reason: reason, owner: owner, at: Timestamp(milliseconds: at))
    }
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
    holds[project, default: [:]][hold.kind] = hold
  }

  package func lift(_ kind: Hold.Kind, project: String) throws(HistoryError) {
    try write { () throws(SQLiteError) in
      _ = try database.run(
        "DELETE FROM holds WHERE project = ? AND kind = ?", [.text(project), .text(kind.rawValue)])
    }
    holds[project]?[kind] = nil
  }
}
