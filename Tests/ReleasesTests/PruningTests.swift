import Glibc
import Linux
import Testing

@testable import Releases

@Suite struct PruningTests {
  private func plan(
    _ states: [Release.State], keep: Int = 4, needed: Set<Int> = []
  ) -> [Int] {
    let releases = states.enumerated().map { index, state in
      Release(number: index + 1, state: state, revision: Revision(), createdAt: Timestamp(milliseconds: 0))
    }
    return PrunePlan(releases, keep: keep, needed: needed).removed
  }

  @Test func `the newest good ones stay`() {
    #expect(plan([.good, .good, .good, .good]) == [])
    #expect(plan([.good, .good, .good, .good, .good, .good]) == [1, 2])
    #expect(plan([.good, .good, .good], keep: 1) == [1, 2])
  }

  @Test func `failed ones do not push good ones out, and the newest of them stays`() {
    #expect(plan([.good, .good, .good, .good, .failed, .bad, .failed]) == [5, 6])
    #expect(plan([.good, .failed, .good, .failed, .good, .good]) == [2])
  }

  @Test func `what is needed stays, however old`() {
    #expect(plan([.good, .bad, .good, .good, .good, .good, .failed], keep: 2, needed: [1, 2]) == [3, 4])
  }

  @Test func `half-made ones go, but not the one in the making`() {
    #expect(plan([.interrupted, .building, .good, .building]) == [1])
  }

  @Test func `what is on its way out already is not removed again`() {
    #expect(plan([.removing, .good], keep: 1) == [])
  }

  @Test func `seven deployments leave exactly four folders`() throws {
    let scratch = try Scratch()
    for _ in 1...7 { try scratch.deploy() }
    #expect(scratch.folders == ["4", "5", "6", "7"])
    #expect(scratch.names("shared/trash").isEmpty)
    #expect(scratch.store.readCurrent() == .release(7))
  }

  @Test func `failed deployments among them take no good folder`() throws {
    let scratch = try Scratch()
    for _ in 1...5 {
      try scratch.deploy()
      try scratch.fail()
    }
    #expect(try scratch.states() == [3: .good, 5: .good, 7: .good, 9: .good, 10: .failed])
    #expect(scratch.folders.count == 5)
  }

  @Test func `current, what runs, what ran before, and where a rollback would go stay`() throws {
    let scratch = try Scratch()
    for _ in 1...4 { try scratch.deploy() }
    try scratch.serve(3)
    for _ in 1...3 { try scratch.store.mark(try scratch.build(), .good, reason: nil) }
    try scratch.prune(keep: 1, running: [1])
    #expect(scratch.folders == ["1", "2", "3", "4", "7"])
  }

  @Test func `current is never removed`() throws {
    let scratch = try Scratch()
    try scratch.deploy()
    #expect(throws: ReleaseError.self) { try scratch.store.removeToTrash(1) }
    #expect(scratch.store.readCurrent() == .release(1))
  }

  @Test func `a folder made by hand is never removed`() throws {
    let scratch = try Scratch()
    try scratch.write("releases/1/x", "")
    #expect(throws: ReleaseError.self) { try scratch.store.removeToTrash(1) }
    #expect(scratch.folders == ["1"])
  }

  @Test func `a release on its way out is neither started nor rolled back to`() throws {
    let scratch = try Scratch()
    for _ in 1...2 { try scratch.deploy() }
    try scratch.store.mark(1, .removing, reason: nil)
    #expect(try scratch.store.canStart(1) != nil)
    #expect(try scratch.store.rollbackTarget(from: 2) == nil)
  }

  @Test(.enabled(if: Scratch.hasSecondVolume))
  func `what cannot be moved to another volume is deleted where it is`() throws {
    let scratch = try Scratch()
    let trash = try scratch.moveTrashToSecondVolume()
    defer { rmdir(trash) }
    for _ in 1...2 { try scratch.deploy() }
    #expect(try scratch.store.removeToTrash(1) == scratch.layout.release(1))
    #expect(try scratch.store.trashPaths() == [scratch.layout.release(1)])
    #expect(try scratch.store.settle().trash == [scratch.layout.release(1)])
    #expect(try scratch.store.canStart(1) != nil)
    try scratch.remove("releases/1")
    _ = try scratch.store.settle()
    #expect(try scratch.states() == [2: .good])
  }
}
