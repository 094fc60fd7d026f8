import JSON
import Linux
import SQLite

/// A page of rows as they are shown.
package struct RecordPage: Sendable {
  package let items: [JSONValue]
  /// What `before` of the next page is; nil on the last one.
  package let next: Int64?

  init(_ rows: [(id: Int64, json: JSONValue)], limit: Int) {
    items = rows.prefix(limit).map(\.json)
    next = rows.count > limit ? rows.prefix(limit).last?.id : nil
  }
}

extension History {
  /// Newest first.
  package func deliveries(before: Int64?, limit: Int) throws(HistoryError) -> RecordPage {
    let rows = try mapped { () throws(SQLiteError) in
      try database.rows(
        """
        SELECT id, guid, at, provider, event, verdict, reason, project, deployment
        FROM deliveries WHERE id < ? ORDER BY id DESC LIMIT ?
        """, [.integer(before ?? .max), .integer(Int64(limit) + 1)]
      ) { row -> (id: Int64, json: JSONValue) in
        let json: JSONValue = [
          "id": JSONValue(row.integer(0)), "guid": JSONValue(row.text(1)),
          "at": .string(Timestamp(milliseconds: row.integer(2) ?? 0).iso8601()),
          "provider": JSONValue(row.text(3)), "event": JSONValue(row.text(4)),
          "verdict": JSONValue(row.text(5)), "reason": JSONValue(row.text(6)),
          "project": JSONValue(row.text(7)), "deployment": JSONValue(row.integer(8)),
        ]
        return (row.integer(0) ?? 0, json)
      }
    }
    return RecordPage(rows, limit: limit)
  }

  /// Newest first.
  package func actions(before: Int64?, limit: Int) throws(HistoryError) -> RecordPage {
    let rows = try mapped { () throws(SQLiteError) in
      try database.rows(
        "SELECT id, at, actor, action, project, detail FROM actions WHERE id < ? ORDER BY id DESC LIMIT ?",
        [.integer(before ?? .max), .integer(Int64(limit) + 1)]
      ) { row -> (id: Int64, json: JSONValue) in
        let json: JSONValue = [
          "id": JSONValue(row.integer(0)),
          "at": .string(Timestamp(milliseconds: row.integer(1) ?? 0).iso8601()),
          "actor": JSONValue(row.text(2)), "action": JSONValue(row.text(3)),
          "project": JSONValue(row.text(4)), "detail": JSONValue(row.text(5)),
        ]
        return (row.integer(0) ?? 0, json)
      }
    }
    return RecordPage(rows, limit: limit)
  }
}
