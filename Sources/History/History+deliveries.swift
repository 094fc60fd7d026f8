import JSON
import Linux
import SQLite

extension History {
  private static let keptDeliveries: Int64 = 500
  private static let keptPayload = 64 << 20

  /// Adds it and gives it its id. The newest 500 are kept, and of their payloads 64 MiB.
  package func insert(_ delivery: Delivery) throws(HistoryError) -> Delivery {
    var stored = delivery
    if let payload = delivery.payload, payload.count > Delivery.longestPayload { stored.payload = nil }
    let headers: JSONValue = .array(delivery.headers.map { [.string($0.name), .string($0.value)] })
    stored.id = try write { () throws(SQLiteError) in
      let id = try database.run(
        """
        INSERT INTO deliveries (guid, at, provider, event, verdict, reason, project, deployment, headers, payload)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        [
          .text(delivery.guid), .integer(delivery.at.milliseconds), .text(delivery.provider),
          SQLiteValue(delivery.event), .text(delivery.verdict), SQLiteValue(delivery.reason),
          SQLiteValue(delivery.project), SQLiteValue(delivery.deployment), .text(headers.text),
          SQLiteValue(stored.payload),
        ])
      _ = try database.run("DELETE FROM deliveries WHERE id <= ?", [.integer(id - Self.keptDeliveries)])
      return id
    }
    try notePayload(stored)
    return stored
  }

  /// What became of it, where that is known only after it was written down.
  package func update(_ delivery: Delivery) throws(HistoryError) {
    try write { () throws(SQLiteError) in
      _ = try database.run(
        "UPDATE deliveries SET (verdict, reason, project, deployment) = (?, ?, ?, ?) WHERE id = ?",
        [
          .text(delivery.verdict), SQLiteValue(delivery.reason), SQLiteValue(delivery.project),
          SQLiteValue(delivery.deployment), .integer(delivery.id),
        ])
    }
  }

  /// Newest first, without their payloads.
  package func deliveries(before: Int64? = nil, limit: Int = 50) throws(HistoryError) -> Page<Delivery> {
    let found = try read { () throws(SQLiteError) in
      try database.rows(
        "SELECT \(Self.deliveryColumns), NULL FROM deliveries WHERE id < ? ORDER BY id DESC LIMIT ?",
        [.integer(before ?? .max), .integer(Int64(Page<Delivery>.size(limit)) + 1)], Self.delivery)
    }
    return Page(found, limit: limit) { $0.id }
  }

  /// With its payload. The newest, where a forge has sent it more than once.
  package func delivery(_ guid: String) throws(HistoryError) -> Delivery? {
    try read { () throws(SQLiteError) in
      try database.rows(
        "SELECT \(Self.deliveryColumns), payload FROM deliveries WHERE guid = ? ORDER BY id DESC LIMIT 1",
        [.text(guid)], Self.delivery)
    }.first
  }

  /// Payloads that are kept, oldest first.
  func loadPayloads() throws(SQLiteError) {
    payloads = try database.rows(
      "SELECT id, length(payload) FROM deliveries WHERE payload IS NOT NULL ORDER BY id"
    ) { ($0.integer(0) ?? 0, Int(clamping: $0.integer(1) ?? 0)) }
  }

  private func notePayload(_ delivery: Delivery) throws(HistoryError) {
    let oldest = delivery.id - Self.keptDeliveries
    payloads = Array(payloads.drop { $0.id <= oldest })
    if let payload = delivery.payload { payloads.append((delivery.id, payload.count)) }
    var total = payloads.reduce(0) { $0 + $1.size }
    while total > Self.keptPayload, let first = payloads.first {
      try write { () throws(SQLiteError) in
        _ = try database.run("UPDATE deliveries SET payload = NULL WHERE id = ?", [.integer(first.id)])
      }
      payloads.removeFirst()
      total -= first.size
    }
  }

  private static let deliveryColumns =
    "id, guid, at, provider, event, verdict, reason, project, deployment, headers"

  private static func delivery(_ row: Statement) -> Delivery {
    var delivery = Delivery(
      guid: row.text(1) ?? "", at: Timestamp(milliseconds: row.integer(2) ?? 0), provider: row.text(3) ?? "",
      event: row.text(4), verdict: row.text(5) ?? "")
    delivery.id = row.integer(0) ?? 0
    delivery.reason = row.text(6)
    delivery.project = row.text(7)
    delivery.deployment = row.integer(8)
    let headers = try? JSONDocument(text: row.text(9) ?? "[]")
    delivery.headers = (headers?.root.elements ?? []).compactMap { pair in
      let parts = pair.elements.compactMap(\.string)
      return parts.count == 2 ? (parts[0], parts[1]) : nil
    }
    delivery.payload = row.blob(10)
    return delivery
  }
}
