import JSON
import Linux
import SQLite

/// Which deployments are asked for; nil is all.
package struct DeploymentFilter: Sendable {
  package var project: String?
  /// Those that the caller may see.
  package var projects: [String]?
  package var state: DeploymentState?
  /// Older than the one of this number.
  package var before: Int64?
  package var limit = 50

  package init() {}
}

/// A piece of a list, newest first.
package struct Page<Item: Sendable>: Sendable {
  package let items: [Item]
  /// What `before` has to be for those that follow; nil where none do.
  package let next: Int64?

  init(_ found: [Item], limit: Int, id: (Item) -> Int64) {
    items = Array(found.prefix(limit))
    next = found.count > limit ? items.last.map(id) : nil
  }
}

/// One row of a list as it is shown.
package struct RecordRow: Sendable {
  let id: Int64
  package let json: JSONValue
}

extension History {
  package func page(of filter: DeploymentFilter) throws(HistoryError) -> Page<Deployment> {
    var conditions = ["id < ?"]
    var values: [SQLiteValue] = [.integer(filter.before ?? .max)]
    if let project = filter.project {
      conditions.append("project = ?")
      values.append(.text(project))
    }
    if let projects = filter.projects {
      conditions.append("project IN (\(projects.map { _ in "?" }.joined(separator: ", ")))")
      values += projects.map { .text($0) }
    }
    if let state = filter.state {
      conditions.append("state = ?")
      values.append(.text(state.rawValue))
    }
    // One more tells whether there is another page.
    values.append(.integer(Int64(filter.limit) + 1))
    let rows = try select("WHERE \(conditions.joined(separator: " AND ")) ORDER BY id DESC LIMIT ?", values)
    return Page(rows, limit: filter.limit) { $0.id }
  }

  package func deliveries(before: Int64?, limit: Int) throws(HistoryError) -> Page<RecordRow> {
    let rows = try mapped { () throws(SQLiteError) in
      try database.rows(
        """
        SELECT id, guid, at, provider, event, verdict, reason, project, deployment
        FROM deliveries WHERE id < ? ORDER BY id DESC LIMIT ?
        """, [.integer(before ?? .max), .integer(Int64(limit) + 1)]
      ) { row in
        let json: JSONValue = [
          "guid": JSONValue(row.text(1)),
          "at": .string(Timestamp(milliseconds: row.integer(2) ?? 0).iso8601()),
          "provider": JSONValue(row.text(3)), "event": JSONValue(row.text(4)),
          "verdict": JSONValue(row.text(5)), "reason": JSONValue(row.text(6)),
          "project": JSONValue(row.text(7)), "deployment": JSONValue(row.integer(8)),
        ]
        return RecordRow(id: row.integer(0) ?? 0, json: json)
      }
    }
    return Page(rows, limit: limit) { $0.id }
  }

  package func actions(before: Int64?, limit: Int) throws(HistoryError) -> Page<RecordRow> {
    let rows = try mapped { () throws(SQLiteError) in
      try database.rows(
        "SELECT id, at, actor, action, project, detail FROM actions WHERE id < ? ORDER BY id DESC LIMIT ?",
        [.integer(before ?? .max), .integer(Int64(limit) + 1)]
      ) { row in
        let json: JSONValue = [
          "id": JSONValue(row.integer(0)),
          "at": .string(Timestamp(milliseconds: row.integer(1) ?? 0).iso8601()),
          "actor": JSONValue(row.text(2)), "action": JSONValue(row.text(3)),
          "project": JSONValue(row.text(4)), "detail": JSONValue(row.text(5)),
        ]
        return RecordRow(id: row.integer(0) ?? 0, json: json)
      }
    }
    return Page(rows, limit: limit) { $0.id }
  }
}
