import Glibc
import Linux
import Testing

@testable import Releases

@Suite struct SharedPathsTests {
  private func link(_ text: String, in scratch: Scratch) throws -> [String] {
    let paths = try SharedPaths(parsing: text)
    try scratch.store.prepareShared(paths)
    return try scratch.store.linkShared(paths, into: 1)
  }

  @Test func `files and folders are linked from shared, by relative links`() throws {
    let scratch = try Scratch()
    _ = try scratch.build()
    try scratch.write("shared/.env", "A=1")
    try scratch.write("shared/config/keys/a.json", "{}")
    #expect(try link(".env, config/keys/a.json\npublic/uploads/", in: scratch) == [])
    #expect(try scratch.target("releases/1/.env") == "../../shared/.env")
    #expect(try scratch.read("releases/1/.env") == "A=1")
    #expect(try scratch.read("releases/1/config/keys/a.json") == "{}")
    #expect(try scratch.target("releases/1/public/uploads") == "../../../shared/public/uploads")
    #expect(Files.resolvedKind(scratch.path("releases/1/public/uploads")) == .directory)
  }

  @Test func `linking again changes nothing`() throws {
    let scratch = try Scratch()
    _ = try scratch.build()
    for _ in 1...2 { #expect(try link("uploads/", in: scratch) == []) }
    #expect(try scratch.target("releases/1/uploads") == "../../shared/uploads")
  }

  @Test func `what the checkout has there makes way`() throws {
    let scratch = try Scratch()
    _ = try scratch.build()
    try scratch.write("precious", "untouched")
    try scratch.write("releases/1/uploads/seed.png", "x")
    try scratch.write("releases/1/data", "a file")
    try scratch.link("releases/1/tmp", to: scratch.path("precious"))
    let replaced = try link("uploads/ data/ tmp/", in: scratch)
    #expect(replaced.count == 1)
    #expect(replaced.allSatisfy { $0.hasPrefix(scratch.layout.trash + "/1-shared-") })
    for name in ["uploads", "data", "tmp"] {
      #expect(try scratch.target("releases/1/\(name)") == "../../shared/\(name)")
      #expect(scratch.names("shared/\(name)").isEmpty)
    }
    #expect(try scratch.read("precious") == "untouched")
  }

  @Test func `a missing file fails early, and both ways out are named`() throws {
    let scratch = try Scratch()
    do throws(ReleaseError) {
      try scratch.store.prepareShared(try SharedPaths(parsing: ".env"))
      Issue.record("it went on")
    } catch {
      #expect(
        error.message
          == "SHARED_PATHS names .env, but there is no \(scratch.layout.shared)/.env. Put it there, or take it out"
          + " of SHARED_PATHS; a folder that may be made empty is written with a slash: .env/")
    }
  }

  @Test func `a file where a folder was asked for is told`() throws {
    let scratch = try Scratch()
    try scratch.write("shared/uploads", "")
    #expect(throws: ReleaseError.self) {
      try scratch.store.prepareShared(try SharedPaths(parsing: "uploads/"))
    }
  }

  @Test func `a link in the checkout leads root nowhere else`() throws {
    let scratch = try Scratch()
    _ = try scratch.build()
    try scratch.write("outside/keep", "")
    try scratch.link("releases/1/config", to: scratch.path("outside"))
    #expect(throws: ReleaseError.self) { try link("config/uploads/", in: scratch) }
    #expect(scratch.names("outside") == ["keep"])
  }

  @Test func `a link in shared, put there by the app, leads root nowhere else`() throws {
    let scratch = try Scratch()
    try scratch.write("outside/keep", "")
    try scratch.write("shared/storage/keep", "")
    try scratch.link("shared/storage/app", to: scratch.path("outside"))
    #expect(throws: ReleaseError.self) {
      try scratch.store.prepareShared(try SharedPaths(parsing: "storage/app/new/"))
    }
    #expect(scratch.names("outside") == ["keep"])
  }

  @Test(.enabled(if: geteuid() == 0)) func `what is made belongs to the app's user`() throws {
    let scratch = try Scratch()
    let store = ReleaseStore(layout: scratch.layout, owner: Identity(uid: 4321, gid: 4322, groups: []))
    let number = try store.reserve(Revision())
    try store.writeRevision(number, commit: "abc")
    let paths = try SharedPaths(parsing: "a/b/")
    try store.prepareShared(paths)
    _ = try store.linkShared(paths, into: number)
    for path in ["releases/1", "releases/1/REVISION", "releases/1/a", "shared/a", "shared/a/b"] {
      var status = stat()
      lstat(scratch.path(path), &status)
      #expect(status.st_uid == 4321 && status.st_gid == 4322, "\(path)")
    }
  }

  @Test(arguments: [
    "/etc/passwd", "../x", "a/../../x", "a/..", ".", "./", "/", "repo.git", "cache/", "bascule.db",
    "bascule.db-wal",
    "releases.json", "logs/app", "trash/", ".ssh/", ".git/", "REVISION", "a a/b", "a/b/ a/", "a\u{1}b",
  ])
  func `a path that leads out, or is taken, is refused`(text: String) {
    #expect(throws: ReleaseError.self) { try SharedPaths(parsing: text) }
    #expect(SharedPaths.problem(in: text)?.hasPrefix("but \"") == true)
  }

  @Test func `nothing is shared unless asked for`() throws {
    #expect(try SharedPaths(parsing: " ,\n") == SharedPaths(parsing: ""))
    #expect(SharedPaths.problem(in: ".env uploads/") == nil)
  }
}
