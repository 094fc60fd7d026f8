import Linux
import SQLite

@testable import History

extension History {
  /// Every hundredth failed; `rare` has had one in a thousand, and none since long.
  @MainLoop static func filled(_ path: String, _ count: Int) throws -> History {
    let (history, _) = try History.open(path)
    for slug in ["main", "shop", "rare"] {
      try history.store(ProjectRecord(slug: slug, repository: "/repo", branch: "main"))
    }
    // In one statement: row by row it would keep every other test's loop waiting.
    try history.database.run(
      """
      WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?1)
      INSERT INTO deployments (project, state, mode, "trigger", actor, ref, "commit", message, forced, queued_at,
        started_at, finished_at, phases)
      SELECT CASE WHEN n < ?1 / 2 AND n % 1000 = 0 THEN 'rare' WHEN n % 2 = 0 THEN 'main' ELSE 'shop' END,
        CASE WHEN n % 100 = 0 THEN 'failed' ELSE 'success' END, 'fast', 'push', 'alice', 'main', 'c' || n,
        'A change, and why it was made, in about as many words as people use', 0, n, n, n,
        '[["prepare", 2], ["install", 40], ["build", 40], ["start", 100]]'
      FROM numbers
      """, [.integer(Int64(count))])
    history.commit()
    return history
  }
}
