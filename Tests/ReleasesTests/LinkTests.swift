import Glibc
import Linux
import Testing

@testable import Releases

/// What the app's user can put into `releases/`, which is theirs.
@Suite struct LinkTests {
  @Test func `a link in the place of a release leads root nowhere else`() throws {
    let scratch = try Scratch()
    let number = try scratch.build()
    try scratch.write("outside/keep", "")
    try scratch.remove("releases/\(number)")
    try scratch.link("releases/\(number)", to: scratch.path("outside"))
    #expect(throws: ReleaseError.self) { try scratch.store.writeRevision(number, commit: "abc") }
    let paths = try SharedPaths(parsing: "uploads/")
    try scratch.store.prepareShared(paths)
    #expect(throws: ReleaseError.self) { try scratch.store.linkShared(paths, into: number) }
    #expect(scratch.names("outside") == ["keep"])
  }

  @Test func `a link called REVISION is replaced`() throws {
    let scratch = try Scratch()
    let number = try scratch.build()
    try scratch.write("precious", "untouched")
    try scratch.remove("releases/\(number)/REVISION")
    try scratch.link("releases/\(number)/REVISION", to: scratch.path("precious"))
    try scratch.store.writeRevision(number, commit: "abc")
    #expect(try scratch.read("releases/\(number)/REVISION") == "abc\n")
    #expect(try scratch.read("precious") == "untouched")
  }

  @Test func `the answer to RELOAD replaces the one before it, and a link`() throws {
    let scratch = try Scratch()
    try scratch.write("precious", "untouched")
    try scratch.link("releases/RELOAD.result", to: scratch.path("precious"))
    for line in ["one\n", "two\n"] {
      try scratch.store.writeReloadResult(line)
      #expect(try scratch.read("releases/RELOAD.result") == line)
    }
    #expect(scratch.folders == ["RELOAD.result"])
    #expect(try scratch.read("precious") == "untouched")
  }

  @Test(.enabled(if: Scratch.hasSecondVolume))
  func `the answer to RELOAD needs no rename from one volume to another`() throws {
    let scratch = try Scratch()
    let shared = try scratch.moveSharedToSecondVolume()
    defer { try? Scratch.removeAll(shared) }
    try scratch.store.writeReloadResult("one\n")
    #expect(try scratch.read("releases/RELOAD.result") == "one\n")
  }

  @Test func `a folder in the way of the answer to RELOAD is named`() throws {
    let scratch = try Scratch()
    try scratch.write("releases/RELOAD.result/x", "")
    let error = #expect(throws: SystemError.self) { try scratch.store.writeReloadResult("one\n") }
    #expect(error?.description == "write \(scratch.layout.reloadResult): Is a directory")
    #expect(scratch.folders == ["RELOAD.result"])
  }
}
