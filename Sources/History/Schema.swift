import SQLite

enum Schema {
  static var migrator: Migrator {
    var migrator = Migrator()
    migrator.register(
      "deployments and locks",
      """
      CREATE TABLE deployments (
        id INTEGER PRIMARY KEY,
        project TEXT NOT NULL,
        state TEXT NOT NULL,
        mode TEXT NOT NULL,
        "trigger" TEXT NOT NULL,
        actor TEXT NOT NULL,
        ref TEXT NOT NULL,
        "commit" TEXT,
        author TEXT,
        message TEXT,
        "release" INTEGER,
        replaces INTEGER,
        delivery TEXT,
        before TEXT,
        forced INTEGER NOT NULL,
        queued_at INTEGER NOT NULL,
        started_at INTEGER,
        finished_at INTEGER,
        phases TEXT NOT NULL,
        exit_code INTEGER,
        error TEXT
      ) STRICT;
      CREATE INDEX deployments_open ON deployments (id) WHERE finished_at IS NULL;
      CREATE TABLE holds (
        project TEXT NOT NULL,
        kind TEXT NOT NULL,
        reason TEXT NOT NULL,
        owner TEXT NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (project, kind)
      ) STRICT;
      """)
    return migrator
  }
}
