import JSON
import Linux
import SQLite

/// What somebody did, for whoever asks later.
package struct Action: Sendable, Equatable {
  package internal(set) var id: Int64 = 0
  package let at: Timestamp
  package let actor: String
  /// deploy, rollback, lock, cancel, login and the like.
  package let action: String
  package let project: String?
  package let detail: String?

  package init(
    at: Timestamp = .now, actor: String, action: String, project: String? = nil, detail: String? = nil
  ) {
    self.at = at
    self.actor = actor
    self.action = action
    self.project = project
    self.detail = detail
  }

  package var json: JSONValue {
    [
      "id": .int(id), "at": .string(at.iso8601()), "actor": .string(actor), "action": .string(action),
      "project": JSONValue(project), "detail": JSONValue(detail),
    ]
  }
}

extension History {
  private static let keptActions: Int64 = 10_000

  private static let keptOfActor: Int64 = 1000

  /// About the newest 10,000 are kept, and of one actor 1000: nobody hides what he did behind a lot of noise.
  @discardableResult
  package func insert(_ action: Action) throws(HistoryError) -> Action {
    var stored = action
    stored.id = try write { () throws(SQLiteError) in
      let id = try database.run(
        "INSERT INTO actions (at, actor, action, project, detail) VALUES (?, ?, ?, ?, ?)",
        [
          .integer(action.at.milliseconds), .text(action.actor), .text(action.action),
          SQLiteValue(action.project), SQLiteValue(action.detail),
        ])
      actors.insert(action.actor)
      if actionPruning.isDue() { try pruneActions() }
      return id
    }
    return stored
  }

  private func pruneActions() throws(SQLiteError) {
    for actor in actors {
      _ = try database.run(
        """
        DELETE FROM actions WHERE actor = ?1
          AND id <= (SELECT id FROM actions WHERE actor = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)
        """, [.text(actor), .integer(Self.keptOfActor)])
    }
    _ = try database.run(
      "DELETE FROM actions WHERE id <= (SELECT id FROM actions ORDER BY id DESC LIMIT 1 OFFSET ?)",
      [.integer(Self.keptActions)])
    actors = []
  }

  /// Newest first.
  package func actions(before: Int64? = nil, limit: Int = 50) throws(HistoryError) -> Page<Action> {
    let found = try read { () throws(SQLiteError) in
      try database.rows(
        """
        SELECT id, at, actor, action, project, detail FROM actions WHERE id < ? ORDER BY id DESC LIMIT ?
        """, [.integer(before ?? .max), .integer(Int64(Page<Action>.size(limit)) + 1)]
      ) { row in
        var action = Action(
          at: Timestamp(milliseconds: row.integer(1) ?? 0), actor: row.text(2) ?? "",
          action: row.text(3) ?? "",
          project: row.text(4), detail: row.text(5))
        action.id = row.integer(0) ?? 0
        return action
      }
    }
    return Page(found, limit: limit) { $0.id }
  }
}
