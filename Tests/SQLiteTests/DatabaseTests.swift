import SQLite
import TestSupport
import Testing

@Suite struct DatabaseTests {
  private let folder: TemporaryFolder
  private let database: Database

  init() throws {
    folder = try TemporaryFolder()
    database = try Database(path: folder.path("test.db"))
    try database.execute("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT UNIQUE, size INTEGER)")
  }

  private func names() throws -> [String] {
    try database.rows("SELECT name FROM things ORDER BY id") { $0.text(0) ?? "NULL" }
  }

  @Test func `values come back as they went in`() throws {
    let texts = ["", "plain", "é😀\n'; DROP TABLE things --", nil]
    let sizes: [Int64?] = [.min, .max, 0, nil]
    for (text, size) in zip(texts, sizes) {
      try database.run(
        "INSERT INTO things (name, size) VALUES (?, ?)", [SQLiteValue(text), SQLiteValue(size)])
    }
    let rows = try database.rows("SELECT name, size FROM things ORDER BY id") { ($0.text(0), $0.integer(1)) }
    #expect(rows.map(\.0) == texts)
    #expect(rows.map(\.1) == sizes)
  }

  @Test func `a statement that failed works again the next time`() throws {
    #expect(try database.run("INSERT INTO things (name) VALUES (?)", [.text("a")]) == 1)
    let error = #expect(throws: SQLiteError.self) {
      try database.run("INSERT INTO things (name) VALUES (?)", [.text("a")])
    }
    #expect(error?.description == "database: UNIQUE constraint failed: things.name")
    #expect(error?.isDamage == false)
    #expect(try database.run("INSERT INTO things (name) VALUES (?)", [.text("b")]) == 2)
    #expect(try names() == ["a", "b"])
    try database.run("UPDATE things SET size = 1")
    #expect(database.changes == 2)
  }

  @Test func `a transaction that fails leaves nothing behind`() throws {
    #expect(throws: SQLiteError.self) {
      try database.transaction { () throws(SQLiteError) in
        try database.run("INSERT INTO things (name) VALUES ('a')")
        try database.execute("nonsense")
      }
    }
    #expect(try names() == [])
    let id = try database.transaction { () throws(SQLiteError) in
      try database.run("INSERT INTO things (name) VALUES ('b')")
    }
    #expect(try names() == ["b"])
    #expect(id == 1)
  }

  @Test func `a file that is no database is told apart from other trouble`() throws {
    try folder.write("garbage.db", String(repeating: "garbage ", count: 1000))
    let garbage = try Database(path: folder.path("garbage.db"))
    let error = #expect(throws: SQLiteError.self) { try garbage.execute("SELECT * FROM sqlite_master") }
    #expect(error?.isDamage == true)
    let missing = #expect(throws: SQLiteError.self) { try Database(path: folder.path("nowhere/test.db")) }
    #expect(missing?.isDamage == false)
  }

  @Test func `a closed database refuses instead of crashing`() throws {
    try database.run("INSERT INTO things (name) VALUES ('a')")
    database.close()
    database.close()
    #expect(throws: SQLiteError.self) { try database.run("INSERT INTO things (name) VALUES ('b')") }
  }
}
