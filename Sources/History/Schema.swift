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
    // A deployment's number is never used twice, since logs and people go by it. Deliveries are so few, and so many
    // come, that any index of theirs would cost more than it saves; nor do they refer to other tables, which would
    // look for them at every removal.
    migrator.register(
      "projects, deliveries, actions and messages",
      """
      CREATE TABLE projects (
        slug TEXT PRIMARY KEY,
        repository TEXT NOT NULL,
        branch TEXT NOT NULL,
        owner TEXT,
        port INTEGER,
        hosts TEXT NOT NULL,
        health_path TEXT,
        install_command TEXT,
        build_command TEXT,
        release_command TEXT,
        start_command TEXT,
        created_at INTEGER NOT NULL
      ) STRICT;
      INSERT INTO projects (slug, repository, branch, hosts, created_at)
        SELECT 'main', '', '', '[]', 0
        UNION SELECT project, '', '', '[]', 0 FROM deployments
        UNION SELECT project, '', '', '[]', 0 FROM holds;

      CREATE TABLE deployments_of_projects (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        project TEXT NOT NULL REFERENCES projects ON DELETE CASCADE,
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
      INSERT INTO deployments_of_projects
        SELECT id, project, state, mode, "trigger", actor, ref, "commit", author, message, "release", replaces,
          delivery, before, forced, queued_at, started_at, finished_at, phases, exit_code, error
        FROM deployments;
      DROP TABLE deployments;
      ALTER TABLE deployments_of_projects RENAME TO deployments;
      CREATE INDEX deployments_by_project ON deployments (project, id);
      CREATE INDEX deployments_by_state ON deployments (project, state, id);

      CREATE TABLE deliveries (
        id INTEGER PRIMARY KEY,
        guid TEXT NOT NULL,
        at INTEGER NOT NULL,
        provider TEXT NOT NULL,
        event TEXT,
        verdict TEXT NOT NULL,
        reason TEXT,
        project TEXT,
        deployment INTEGER,
        segment INTEGER,
        start INTEGER,
        size INTEGER
      ) STRICT;

      CREATE TABLE actions (
        id INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        actor TEXT NOT NULL,
        action TEXT NOT NULL,
        project TEXT,
        detail TEXT
      ) STRICT;
      CREATE INDEX actions_by_actor ON actions (actor);

      CREATE TABLE messages (
        id INTEGER PRIMARY KEY,
        deployment INTEGER NOT NULL,
        channel TEXT NOT NULL,
        kind TEXT NOT NULL,
        body TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        due_at INTEGER NOT NULL,
        queued_at INTEGER NOT NULL
      ) STRICT;

      CREATE TABLE holds_of_projects (
        project TEXT NOT NULL REFERENCES projects ON DELETE CASCADE,
        kind TEXT NOT NULL,
        reason TEXT NOT NULL,
        owner TEXT NOT NULL,
        at INTEGER NOT NULL,
        PRIMARY KEY (project, kind)
      ) STRICT;
      INSERT INTO holds_of_projects SELECT project, kind, reason, owner, at FROM holds;
      DROP TABLE holds;
      ALTER TABLE holds_of_projects RENAME TO holds;
      """)
    return migrator
  }
}
