import Linux
import SQLite

extension History {
  private static let keptDeliveries: Int64 = 500
  private static let keptRefusals: Int64 = 50
  /// Rows that wait for each other: a commit for each would be most of what a push costs.
  private static let heldDeliveries = 64
  private static let holdingTime = Duration.milliseconds(50)

  /// Adds it and gives it its id. The payload is in its file at once; the row follows with the next commit, or within
  /// 50 ms. About the newest 500 are kept, beside 50 refused ones, and of their payloads 32 to 64 MiB.
  package func insert(_ delivery: Delivery) throws(HistoryError) -> Delivery {
    var stored = delivery
    if let payload = delivery.payload, payload.count > Delivery.longestPayload { stored.payload = nil }
    let place = stored.payload.flatMap { payloads.append($0) }
    if place == nil { stored.payload = nil }
    if lastDelivery == nil {
      lastDelivery = try read { () throws(SQLiteError) in
        try database.rows("SELECT max(id) FROM deliveries") { $0.integer(0) ?? 0 }.first ?? 0
      }
    }
    stored.id = (lastDelivery ?? 0) + 1
    lastDelivery = stored.id
    var row = stored
    row.payload = nil
    held.append((row, place))
    armHolding()
    if held.count % Self.heldDeliveries == 0 {
      // What cannot be written now is tried again, but not hoarded.
      if held.count > Int(Self.keptDeliveries) { held.removeFirst(Self.heldDeliveries) }
      try writeHeld()
    }
    return stored
  }

  private func armHolding() {
    guard !isHolding else { return }
    isHolding = true
    Task { @MainLoop in
      await MainLoop.sleep(for: Self.holdingTime)
      isHolding = false
      try? writeHeld()
    }
  }

  /// Call it before deliveries are read.
  func writeHeld() throws(HistoryError) {
    guard !held.isEmpty else { return }
    try write { () throws(SQLiteError) in try insertHeld() }
  }

  func insertHeld() throws(SQLiteError) {
    guard !held.isEmpty else { return }
    for (delivery, place) in held {
      // Or replace: of those that are tried again some may have got there.
      _ = try database.run(
        """
        INSERT OR REPLACE INTO deliveries (id, guid, at, provider, event, verdict, reason, project, deployment,
          segment, start, size)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
        [
          .integer(delivery.id), .text(delivery.guid), .integer(delivery.at.milliseconds),
          .text(delivery.provider), SQLiteValue(delivery.event), .text(delivery.verdict),
          SQLiteValue(delivery.reason), SQLiteValue(delivery.project), SQLiteValue(delivery.deployment),
          SQLiteValue(place?.segment), SQLiteValue(place?.offset),
          SQLiteValue(place?.size),
        ])
      if deliveryPruning.isDue() { try pruneDeliveries() }
    }
    held.removeAll(keepingCapacity: true)
  }

  /// Strangers shall not push out what a forge has sent.
  private func pruneDeliveries() throws(SQLiteError) {
    for (kind, kept) in [
      ("verdict = 'refused'", Self.keptRefusals), ("verdict <> 'refused'", Self.keptDeliveries),
    ] {
      _ = try database.run(
        """
        DELETE FROM deliveries WHERE \(kind)
          AND id <= (SELECT id FROM deliveries WHERE \(kind) ORDER BY id DESC LIMIT 1 OFFSET ?)
        """, [.integer(kept)])
    }
  }

  /// Newest first, without their payloads.
  package func deliveries(before: Int64? = nil, limit: Int = 50) throws(HistoryError) -> Page<Delivery> {
    try writeHeld()
    let found = try read { () throws(SQLiteError) in
      try database.rows(
        "SELECT \(Self.deliveryColumns) FROM deliveries WHERE id < ? ORDER BY id DESC LIMIT ?",
        [.integer(before ?? .max), .integer(Int64(Page<Delivery>.size(limit)) + 1)], Self.delivery)
    }
    return Page(found, limit: limit) { $0.id }
  }

  /// With its payload, if that is still there. The newest, where a forge has sent it more than once; one that was
  /// refused, which anybody may have sent under that name, only where there is no other.
  package func delivery(_ guid: String) throws(HistoryError) -> Delivery? {
    try writeHeld()
    let found = try read { () throws(SQLiteError) in
      try database.rows(
        """
        SELECT \(Self.deliveryColumns), segment, start, size FROM deliveries WHERE guid = ?
        ORDER BY verdict = 'refused', id DESC LIMIT 1
        """, [.text(guid)]
      ) { row -> (Delivery, PayloadSegments.Place?) in
        guard let segment = row.integer(9), let offset = row.integer(10), let size = row.integer(11) else {
          return (Self.delivery(row), nil)
        }
        return (Self.delivery(row), PayloadSegments.Place(segment: segment, offset: offset, size: size))
      }
    }
    guard let (row, place) = found.first else { return nil }
    var delivery = row
    delivery.payload = place.flatMap { payloads.read($0) }
    return delivery
  }

  private static let deliveryColumns =
    "id, guid, at, provider, event, verdict, reason, project, deployment"

  private static func delivery(_ row: Statement) -> Delivery {
    var delivery = Delivery(
      guid: row.text(1) ?? "", at: Timestamp(milliseconds: row.integer(2) ?? 0), provider: row.text(3) ?? "",
      event: row.text(4), verdict: row.text(5) ?? "")
    delivery.id = row.integer(0) ?? 0
    delivery.reason = row.text(6)
    delivery.project = row.text(7)
    delivery.deployment = row.integer(8)
    return delivery
  }
}
