import SQLite
import TestSupport
import Testing

@Suite struct MigratorTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func migrate(_ steps: [(String, String)]) throws -> [String] {
    var migrator = Migrator()
    for step in steps { migrator.register(step.0, step.1) }
    let database = try Database(path: folder.path("test.db"))
    defer { database.close() }
    try migrator.migrate(database)
    return try database.rows("SELECT word FROM words ORDER BY rowid") { $0.text(0) ?? "" }
  }

  private let first = ("first", "CREATE TABLE words (word TEXT); INSERT INTO words VALUES ('one');")
  private let second = ("second", "INSERT INTO words VALUES ('two')")
  private let third = ("third", "INSERT INTO words VALUES ('three')")

  @Test func `each migration is applied once and in order`() throws {
    #expect(try migrate([first, second]) == ["one", "two"])
    #expect(try migrate([first, second]) == ["one", "two"])
    #expect(try migrate([first, second, third]) == ["one", "two", "three"])
  }

  @Test func `a migration that fails half-way is undone and tried again`() throws {
    let broken = ("second", "INSERT INTO words VALUES ('half'); nonsense;")
    #expect(throws: SQLiteError.self) { try migrate([first, broken, third]) }
    #expect(try migrate([first, second, third]) == ["one", "two", "three"])
  }
}
