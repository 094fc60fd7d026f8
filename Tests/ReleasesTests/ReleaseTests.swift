import Linux
import Testing

@testable import Releases

@Suite struct ReleaseTests {
  @Test func `a good release tells what it was made from`() throws {
    let scratch = try Scratch()
    let revision = Revision(
      commit: "0123456789abcdef", message: "Say \"hello\"", author: "Alice", ref: "main")
    let time = Timestamp(milliseconds: 1_767_225_600_000)
    let number = try scratch.store.reserve(revision, at: time)
    try scratch.store.writeRevision(number, commit: "0123456789abcdef", at: time)
    try scratch.store.mark(number, .good, reason: nil)
    try scratch.store.setSize(12, of: number)
    #expect(
      try scratch.store.releases() == [
        Release(number: 1, state: .good, revision: revision, createdAt: time, sizeBytes: 12)
      ])
    #expect(try scratch.read("releases/1/REVISION") == "0123456789abcdef\n")
    #expect(try scratch.read("releases/1/REVISION_TIME") == "2026-01-01T00:00:00Z\n")
  }

  @Test func `a link called REVISION in the checkout is replaced, not followed`() throws {
    let scratch = try Scratch()
    let number = try scratch.store.reserve(Revision())
    try scratch.write("precious", "untouched")
    try scratch.link("releases/\(number)/REVISION", to: scratch.path("precious"))
    try scratch.link("releases/\(number)/REVISION.bascule-new", to: scratch.path("precious"))
    try scratch.store.writeRevision(number, commit: "abc")
    #expect(try scratch.read("precious") == "untouched")
    #expect(try scratch.read("releases/\(number)/REVISION") == "abc\n")
    #expect(Files.kind(scratch.path("releases/\(number)/REVISION")) == .file)
  }

  @Test func `a release is good once it has been seen to serve, not before`() throws {
    let scratch = try Scratch()
    let number = try scratch.build()
    try scratch.store.seal(number)
    #expect(try scratch.store.ledger()[number]?.state == .building)
    try scratch.store.makeCurrent(number)
    #expect(scratch.store.readCurrent() == .release(number))
    try scratch.store.noteCurrent(number)
    #expect(try scratch.store.ledger()[number]?.state == .good)
    #expect(try scratch.store.ledger().live == number)
  }

  @Test func `one that is not on disk for sure cannot become current`() throws {
    let scratch = try Scratch()
    let number = try scratch.build()
    #expect(throws: ReleaseError.self) { try scratch.store.makeCurrent(number) }
    try scratch.store.seal(number)
    try scratch.store.mark(number, .failed, reason: "it crashed")
    #expect(throws: ReleaseError.self) { try scratch.store.makeCurrent(number) }
    #expect(scratch.store.readCurrent() == .absent)
    try scratch.store.noteCurrent(number)
    #expect(try scratch.store.ledger()[number]?.state == .failed)
  }

  @Test func `only a complete release can be started`() throws {
    let scratch = try Scratch()
    let store = scratch.store
    for _ in 1...5 { _ = try scratch.build() }
    try store.mark(1, .good, reason: nil)
    try store.mark(2, .bad, reason: "it crashed")
    try store.mark(3, .failed, reason: nil)
    try store.mark(4, .interrupted, reason: nil)
    try scratch.write("releases/9/package.json", "{}")
    #expect(try [1, 2, 9].allSatisfy { try store.canStart($0) == nil })
    #expect(try [3, 4, 5, 7].allSatisfy { try store.canStart($0) != nil })
    for number in [3, 4, 5, 7] { #expect(throws: ReleaseError.self) { try store.makeCurrent(number) } }
    #expect(store.readCurrent() == .absent)
  }

  @Test func `a rollback goes to good releases alone, newest first`() throws {
    let scratch = try Scratch()
    let store = scratch.store
    for _ in 1...7 { _ = try scratch.build() }
    for number in [1, 2, 4, 6] { try store.mark(number, .good, reason: nil) }
    try store.mark(3, .failed, reason: nil)
    try store.mark(5, .bad, reason: nil)
    try scratch.remove("releases/2")
    #expect(try store.rollbackCandidates(excluding: 6).map(\.number) == [4, 1])
  }

  @Test func `a rollback puts back what ran before, or the one made before`() throws {
    let scratch = try Scratch()
    let store = scratch.store
    for _ in 1...4 { try scratch.deploy() }
    #expect(try store.rollbackTarget(from: 4) == 3)
    try scratch.serve(2)
    #expect(try store.rollbackTarget(from: 2) == 1)
    #expect(try scratch.deploy() == 5)
    #expect(try store.rollbackTarget(from: 5) == 2)
    #expect(try store.rollbackTarget(from: 1) == nil)
  }

  @Test func `a release is found by number, commit or ref`() throws {
    let scratch = try Scratch()
    let store = scratch.store
    try scratch.deploy(commit: "aaaa1111", ref: "main")
    try scratch.deploy(commit: "aaaa2222", ref: "v1")
    try scratch.deploy(commit: "aaaa2222", ref: "main")
    try store.mark(3, .bad, reason: nil)
    #expect(try store.resolve("1") == 1)
    #expect(try store.resolve("AAAA1") == 1)
    #expect(try store.resolve("aaaa2222") == 2)
    #expect(try store.resolve("v1") == 2)
    #expect(try store.resolve("main") == 1)
    #expect(throws: ReleaseError("aaaa is the beginning of 2 commits. Write more of it.")) {
      try store.resolve("aaaa")
    }
    #expect(throws: ReleaseError("There is no release 9. There are: 3, 2, 1.")) { try store.resolve("9") }
  }

  @Test func `what is being made or removed is not shown`() throws {
    let scratch = try Scratch()
    for _ in 1...2 { try scratch.deploy() }
    _ = try scratch.build()
    try scratch.store.mark(1, .removing, reason: nil)
    #expect(try scratch.store.releases().map(\.number) == [2])
  }
}
