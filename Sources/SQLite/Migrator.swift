/// Named changes of the schema, each applied once and in order.
package struct Migrator {
  private var migrations: [(name: String, sql: String)] = []

  package init() {}

  package mutating func register(_ name: String, _ sql: String) { migrations.append((name, sql)) }

  package func migrate(_ database: Database) throws(SQLiteError) {
    try database.execute("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY) STRICT")
    let applied = Set(try database.rows("SELECT name FROM migrations") { $0.text(0) ?? "" })
    for migration in migrations where !applied.contains(migration.name) {
      try database.transaction { () throws(SQLiteError) in
        try database.execute(migration.sql)
        try database.run("INSERT INTO migrations VALUES (?)", [.text(migration.name)])
      }
    }
  }
}
