import JSON
import Linux
import SQLite

extension History {
  /// Adds the row and gives it its id.
  package func insert(_ deployment: Deployment) throws(HistoryError) -> Deployment {
    var stored = deployment
    stored.id = try write { () throws(SQLiteError) in
      try database.run(
        Self.insertion,
        [
          .text(deployment.project), .text(deployment.state.rawValue), .text(deployment.mode),
          .text(deployment.trigger), .text(deployment.actor), .text(deployment.ref),
          .integer(deployment.queuedAt.milliseconds),
        ] + values(deployment))
    }
    remember(stored)
    counts?.add(stored)
    return stored
  }

  package func update(_ deployment: Deployment) throws(HistoryError) {
    let before = try counted(deployment)
    try write { () throws(SQLiteError) in
      _ = try database.run(
        Self.change,
        [.text(deployment.state.rawValue)] + values(deployment) + [.integer(deployment.id)])
    }
    remember(deployment)
    if let before { counts?.change(deployment, from: before) }
  }

  /// As what it is counted; nil where nobody counts, or there is no such row.
  private func counted(_ deployment: Deployment) throws(HistoryError) -> DeploymentState? {
    guard let counts else { return nil }
    if let state = counts.state(ofOpen: deployment.id) { return state }
    return try self.deployment(deployment.id)?.state
  }

  /// For one that ends without having begun: the rest of its row stays.
  package func conclude(_ deployment: Deployment) throws(HistoryError) {
    let before = try counted(deployment)
    try write { () throws(SQLiteError) in
      _ = try database.run(
        "UPDATE deployments SET state = ?, error = ?, finished_at = ? WHERE id = ?",
        [
          .text(deployment.state.rawValue), SQLiteValue(deployment.error),
          SQLiteValue(deployment.finishedAt?.milliseconds), .integer(deployment.id),
        ])
    }
    remember(deployment)
    if let before { counts?.change(deployment, from: before) }
  }

  private static let changing = """
    "commit", author, message, "release", replaces, delivery, before, forced, started_at, finished_at, phases,
    exit_code, error
    """

  private static let insertion = """
    INSERT INTO deployments (project, state, mode, "trigger", actor, ref, queued_at, \(changing))
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    """

  private static let change = """
    UPDATE deployments SET (state, \(changing)) = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE id = ?
    """

  private func values(_ deployment: Deployment) -> [SQLiteValue] {
    return [
      SQLiteValue(deployment.commit), SQLiteValue(deployment.author), SQLiteValue(deployment.message),
      SQLiteValue(deployment.release), SQLiteValue(deployment.replaces), SQLiteValue(deployment.delivery),
      SQLiteValue(deployment.before), SQLiteValue(deployment.forced),
      SQLiteValue(deployment.startedAt?.milliseconds), SQLiteValue(deployment.finishedAt?.milliseconds),
      .text(Self.text(deployment.phases)), SQLiteValue(deployment.exitCode.map { Int64($0) }),
      SQLiteValue(deployment.error),
    ]
  }

  package func deployment(_ id: Int64) throws(HistoryError) -> Deployment? {
    try select("WHERE id = ?", [.integer(id)]).first
  }

  /// The deployment of the project that this delivery asked for, if it waits, runs or has succeeded.
  package func deployment(ofDelivery delivery: String, project: String) -> Int64? {
    taken[TakenDelivery(project: project, delivery: delivery)]
  }

  /// The newest thousand, and where few came by delivery not all of the past: no forge sends an older one again.
  func loadDeliveries() throws(SQLiteError) {
    let rows = try database.rows(
      """
      SELECT project, delivery, id FROM deployments
      WHERE id > (SELECT max(id) FROM deployments) - 10000
        AND delivery IS NOT NULL AND state IN ('queued', 'building', 'deploying', 'success')
      ORDER BY id DESC LIMIT 1000
      """
    ) { row in
      (TakenDelivery(project: row.text(0) ?? "", delivery: row.text(1) ?? ""), row.integer(2) ?? 0)
    }
    taken = Dictionary(rows, uniquingKeysWith: { newest, _ in newest })
  }

  private func remember(_ deployment: Deployment) {
    guard let delivery = deployment.delivery else { return }
    let key = TakenDelivery(project: deployment.project, delivery: delivery)
    if deployment.state.isWaitingOrRunning || deployment.state == .success {
      taken[key] = deployment.id
    } else if taken[key] == deployment.id {
      taken[key] = nil
    }
  }

  /// Newest first.
  package func latest(project: String, limit: Int) throws(HistoryError) -> [Deployment] {
    try select("WHERE project = ? ORDER BY id DESC LIMIT ?", [.text(project), .integer(Int64(limit))])
  }

  /// What a manager before this one left waiting or running.
  package func unfinished() throws(HistoryError) -> [Deployment] {
    // By the index of states: one more index, of these few, would be written for every deployment.
    try select("WHERE project IN (SELECT slug FROM projects) AND \(Self.isUnfinished) ORDER BY id", [])
  }

  package func unfinished(of project: String) throws(HistoryError) -> [Deployment] {
    try select("WHERE project = ? AND \(Self.isUnfinished) ORDER BY id", [.text(project)])
  }

  private static let isUnfinished = "state IN ('queued', 'building', 'deploying')"

  /// Skipped since `from`, for whoever lifts the hold that skipped them.
  package func skipped(project: String, since from: Timestamp) throws(HistoryError) -> [Deployment] {
    try select(
      "WHERE project = ? AND state = 'skipped' AND queued_at >= ? ORDER BY id",
      [.text(project), .integer(from.milliseconds)])
  }

  /// Of all projects; states that no deployment is in are left out.
  package func countByState() throws(HistoryError) -> [(state: DeploymentState, count: Int)] {
    try loadedCounts().byState.sorted { $0.key.rawValue < $1.key.rawValue }.map { ($0.key, $0.value) }
  }

  func loadedCounts() throws(HistoryError) -> DeploymentCounts {
    if let counts { return counts }
    let rows = try read { () throws(SQLiteError) in
      // In the order of the index of states.
      try database.rows("SELECT project, state, count(*) FROM deployments GROUP BY project, state") {
        ($0.text(0) ?? "", Self.state($0.text(1)), Int(clamping: $0.integer(2) ?? 0))
      }
    }
    let loaded = DeploymentCounts(rows)
    counts = loaded
    return loaded
  }

  static func state(_ text: String?) -> DeploymentState { DeploymentState(rawValue: text ?? "") ?? .failed }

  func select(_ condition: String, _ values: [SQLiteValue]) throws(HistoryError) -> [Deployment] {
    try read { () throws(SQLiteError) in
      try database.rows(
        """
        SELECT id, project, state, mode, "trigger", actor, ref, queued_at, \(Self.changing)
        FROM deployments \(condition)
        """, values, Self.deployment)
    }
  }

  private static func deployment(_ row: Statement) -> Deployment {
    var deployment = Deployment(
      project: row.text(1) ?? "", state: state(row.text(2)),
      trigger: row.text(4) ?? "", actor: row.text(5) ?? "", ref: row.text(6) ?? "", commit: row.text(8),
      queuedAt: Timestamp(milliseconds: row.integer(7) ?? 0))
    deployment.id = row.integer(0) ?? 0
    deployment.mode = row.text(3) ?? ""
    deployment.author = row.text(9)
    deployment.message = row.text(10)
    deployment.release = row.integer(11).map { Int(clamping: $0) }
    deployment.replaces = row.integer(12).map { Int(clamping: $0) }
    deployment.delivery = row.text(13)
    deployment.before = row.text(14)
    deployment.forced = row.integer(15) == 1
    deployment.startedAt = row.integer(16).map { Timestamp(milliseconds: $0) }
    deployment.finishedAt = row.integer(17).map { Timestamp(milliseconds: $0) }
    deployment.phases = phases(row.text(18) ?? "[]")
    deployment.exitCode = row.integer(19).map { Int32(clamping: $0) }
    deployment.error = row.text(20)
    return deployment
  }

  private static func text(_ phases: [(name: String, milliseconds: Int64)]) -> String {
    if phases.isEmpty { return "[]" }
    return JSONValue.array(phases.map { [.string($0.name), .int($0.milliseconds)] }).text
  }

  private static func phases(_ text: String) -> [(name: String, milliseconds: Int64)] {
    guard let document = try? JSONDocument(text: text) else { return [] }
    return document.root.elements.compactMap { pair in
      let parts = pair.elements
      guard parts.count == 2, let name = parts[0].string, let duration = parts[1].int else { return nil }
      return (name, Int64(duration))
    }
  }
}
