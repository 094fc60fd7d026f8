import Linux
import TestSupport
import Testing

@testable import Releases

@Suite struct NumberTests {
  @Test func `the first release is 1, and each one more than the highest ever used`() throws {
    let scratch = try Scratch()
    #expect(try (1...6).map { _ in try scratch.deploy() } == [1, 2, 3, 4, 5, 6])
  }

  @Test func `a number is not used again after its release is pruned`() throws {
    let scratch = try Scratch()
    for _ in 1...3 { _ = try scratch.build() }
    for number in 1...3 { try scratch.store.mark(number, .failed, reason: nil) }
    for number in 1...3 {
      try scratch.remove("releases/\(number)")
      try scratch.store.forget(number)
    }
    #expect(try scratch.build() == 4)
  }

  @Test func `a number is not used again after the ledger is lost`() throws {
    let scratch = try Scratch()
    for _ in 1...3 { try scratch.deploy() }
    try scratch.remove("shared/releases.json")
    #expect(try scratch.build() == 4)
  }

  @Test func `a number is not used again after ledger and folders are lost`() throws {
    let scratch = try Scratch()
    for _ in 1...3 { try scratch.deploy() }
    try scratch.remove("shared/releases.json")
    try scratch.remove("releases")
    try scratch.layout.prepare()
    #expect(try scratch.build() == 4)
  }

  @Test func `a number is taken also where somebody has removed all of releases`() throws {
    let scratch = try Scratch()
    for _ in 1...3 { try scratch.deploy() }
    try scratch.remove("releases")
    #expect(try scratch.build() == 4)
  }

  @Test func `a folder made by hand counts, and one that waits to be deleted`() throws {
    let scratch = try Scratch()
    try scratch.write("releases/41/package.json", "{}")
    #expect(try scratch.build() == 42)
    try scratch.write("shared/trash/99-abc/package.json", "{}")
    #expect(try scratch.build() == 100)
  }

  @Test(arguments: ["007", "+8", "-9", "0", "10.bak", "١", "10000000000", "9223372036854775806"])
  func `a folder that only resembles a number does not count`(name: String) throws {
    let scratch = try Scratch()
    try scratch.write("releases/\(name)/x", "")
    #expect(try scratch.build() == 1)
  }

  @Test func `the last number there is ends in a sentence, not in a crash`() throws {
    let scratch = try Scratch()
    try scratch.write("shared/releases.json", #"{"highest":9999999999,"releases":[]}"#)
    #expect(throws: ReleaseError.self) { try scratch.build() }
  }

  @Test(arguments: ["9223372036854775806", "99999999999"])
  func `a ledger that once took such a folder for a release goes on from the real ones`(highest: String)
    throws
  {
    let scratch = try Scratch()
    try scratch.deploy()
    let ledger = try scratch.read("shared/releases.json")
    try scratch.write(
      "shared/releases.json",
      ledger.replacing(#""highest":1"#, with: #""highest":\#(highest)"#)
        .replacing(
          #""releases":["#, with: #""releases":[{"number":\#(highest),"state":"good","createdAt":0},"#))
    #expect(try scratch.deploy() == 2)
    #expect(try scratch.states() == [1: .good, 2: .good])
  }

  @Test func `a folder with the highest number that counts leaves numbers for the next releases`() throws {
    let scratch = try Scratch()
    try scratch.write("releases/999999999/x", "")
    for number in [1_000_000_000, 1_000_000_001] {
      #expect(try scratch.deploy() == number)
      #expect(scratch.store.readCurrent() == .release(number))
    }
  }

  @Test func `the number is on disk before its folder`() throws {
    let scratch = try Scratch()
    try scratch.remove("releases")
    try scratch.link("releases", to: "/sys/kernel")
    #expect(throws: ReleaseError.self) { try scratch.build() }
    #expect(try scratch.store.ledger().highest == 1)
    #expect(try scratch.store.ledger().releases.isEmpty)
  }

  @Test func `an author who is called like a log line invents no release`() throws {
    let scratch = try Scratch()
    let log = scratch.store.revisionsLog
    try log.deployed(3, ref: "main", commit: "abcdef0123", by: "eve rolled back to release 900")
    try log.deployed(
      4, ref: "ma in", commit: "abcdef0123", by: "eve\n2026-01-01T00:00:00Z x rolled back to release 901")
    try log.rolledBack(to: 3, by: "Branch b (at 1) deployed as release 902 by")
    #expect(try log.numbers() == [3, 4, 3])
  }

  @Test func `the log reads as it was promised`() throws {
    let scratch = try Scratch()
    let log = scratch.store.revisionsLog
    let time = Timestamp(milliseconds: 1_767_225_600_000)
    try log.deployed(8, ref: "main", commit: "0123456789abcdef", by: "alice", at: time)
    try log.rolledBack(to: 7, by: "bob", at: time)
    #expect(
      try scratch.read("revisions.log") == """
        2026-01-01T00:00:00Z Branch main (at 0123456) deployed as release 8 by alice
        2026-01-01T00:00:00Z bob rolled back to release 7

        """)
    #expect(try log.numbers() == [8, 7])
  }

  @Test func `a line that a power cut left half does not swallow the next`() throws {
    let scratch = try Scratch()
    try scratch.write("revisions.log", "2026-01-01T00:00:00Z Branch ma")
    try scratch.store.revisionsLog.rolledBack(to: 7, by: "bob")
    #expect(try scratch.store.revisionsLog.numbers() == [7])
  }

  @Test func `a number is found without reading the past`() throws {
    let scratch = try Scratch()
    try scratch.deploy()
    let line = "2026-01-01T00:00:00Z Branch main (at 0123456) deployed as release 1 by alice\n"
    try scratch.write("revisions.log", String(repeating: line, count: 50_000))
    var number = 0
    let read = try ReadCount.of { number = try scratch.build() }
    #expect(number == 2)
    #expect(read.bytes < 500_000)
  }

  @Test(arguments: [0, 1, 700, 3000])
  func `the last deployment counts, however many rollbacks follow it`(count: Int) throws {
    let scratch = try Scratch()
    try scratch.deploy()
    let rollback = "2026-01-01T00:00:00Z Branch of alice rolled back to release 90\n"
    try scratch.write(
      "revisions.log",
      "2026-01-01T00:00:00Z Branch main (at 0123456) deployed as release 33 by alice\n"
        + "2026-01-01T00:00:00Z Branch main (at 0123456) deployed as release 41 by alice\n"
        + String(repeating: rollback, count: count) + "half a li")
    #expect(try scratch.build() == 42)
  }

  @Test func `a log that is one endless line is no reason to stop`() throws {
    let scratch = try Scratch()
    try scratch.deploy()
    try scratch.write("revisions.log", String(repeating: "deployed as release 77 ", count: 20_000))
    #expect(try scratch.build() == 2)
  }
}
