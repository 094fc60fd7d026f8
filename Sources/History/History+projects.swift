import JSON
import Linux
import SQLite

extension History {
  /// Adds it, or changes the one of that slug.
  package func store(_ project: ProjectRecord) throws(HistoryError) {
    try write { () throws(SQLiteError) in
      _ = try database.run(
        """
        INSERT INTO projects (\(Self.projectColumns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (slug) DO UPDATE SET
          (repository, branch, owner, port, hosts, health_path, install_command, build_command, release_command,
            start_command)
          = (excluded.repository, excluded.branch, excluded.owner, excluded.port, excluded.hosts,
            excluded.health_path, excluded.install_command, excluded.build_command, excluded.release_command,
            excluded.start_command)
        """,
        [
          .text(project.slug), .text(project.repository), .text(project.branch), SQLiteValue(project.owner),
          SQLiteValue(project.port.map { Int($0) }),
          .text(JSONValue.array(project.hosts.map { .string($0) }).text), SQLiteValue(project.healthPath),
          SQLiteValue(project.installCommand), SQLiteValue(project.buildCommand),
          SQLiteValue(project.releaseCommand), SQLiteValue(project.startCommand),
          .integer(project.createdAt.milliseconds),
        ])
    }
  }

  /// With its deployments and holds.
  package func remove(project slug: String) throws(HistoryError) {
    try write { () throws(SQLiteError) in
      try insertHeld()
      _ = try database.run(
        "UPDATE deliveries SET (project, deployment) = (NULL, NULL) WHERE project = ?", [.text(slug)])
      _ = try database.run("DELETE FROM projects WHERE slug = ?", [.text(slug)])
    }
    holds[slug] = nil
    counts?.remove(project: slug)
    try read { () throws(SQLiteError) in try loadDeliveries() }
  }

  /// The numbers of its deployments, oldest first: whoever removes a project removes their logs too.
  package func deployments(ofProject slug: String) throws(HistoryError) -> [Int64] {
    try read { () throws(SQLiteError) in
      try database.rows("SELECT id FROM deployments WHERE project = ? ORDER BY id", [.text(slug)]) {
        $0.integer(0) ?? 0
      }
    }
  }

  /// In the order of their making.
  package func projects() throws(HistoryError) -> [ProjectRecord] {
    try read { () throws(SQLiteError) in
      try database.rows(
        "SELECT \(Self.projectColumns) FROM projects ORDER BY created_at, slug", [], Self.project)
    }
  }

  private static let projectColumns = """
    slug, repository, branch, owner, port, hosts, health_path, install_command, build_command, release_command,
    start_command, created_at
    """

  private static func project(_ row: Statement) -> ProjectRecord {
    var project = ProjectRecord(
      slug: row.text(0) ?? "", repository: row.text(1) ?? "", branch: row.text(2) ?? "",
      createdAt: Timestamp(milliseconds: row.integer(11) ?? 0))
    project.owner = row.text(3)
    project.port = row.integer(4).flatMap { UInt16(exactly: $0) }
    let hosts = try? JSONDocument(text: row.text(5) ?? "[]")
    project.hosts = hosts?.root.elements.compactMap(\.string) ?? []
    project.healthPath = row.text(6)
    project.installCommand = row.text(7)
    project.buildCommand = row.text(8)
    project.releaseCommand = row.text(9)
    project.startCommand = row.text(10)
    return project
  }
}
