import Glibc
import Linux
import Testing

@testable import Releases

@Suite struct SettlementTests {
  @Test func `an empty volume settles without a word and without a write`() throws {
    let scratch = try Scratch()
    #expect(try scratch.store.settle() == SettlementReport())
    #expect(scratch.names("shared") == ["trash"])
  }

  @Test func `a release that was being made is removed, and the last live one is told`() throws {
    let scratch = try Scratch()
    try scratch.deploy()
    let half = try scratch.build()
    let report = try scratch.store.settle()
    #expect(report.interrupted == [half])
    #expect(report.trash.count == 1)
    #expect(report.warnings.isEmpty)
    #expect(report.current == .release(1))
    #expect(report.lastLive == 1)
    #expect(scratch.folders == ["1"])
    #expect(try scratch.store.ledger().releases.map(\.number) == [1])
    #expect(try scratch.build() == half + 1)
  }

  @Test func `current pointed by hand to a half-made release does not save it`() throws {
    let scratch = try Scratch()
    try scratch.deploy()
    _ = try scratch.build()
    try scratch.remove("current")
    try scratch.link("current", to: "releases/2")
    let report = try scratch.store.settle()
    #expect(report.current == .dangling("releases/2"))
    #expect(report.lastLive == 1)
  }

  @Test func `a kill between the link and the ledger leaves the new release live`() throws {
    let scratch = try Scratch()
    try scratch.deploy()
    let number = try scratch.build()
    try scratch.store.seal(number)
    try scratch.store.makeCurrent(number)
    let report = try scratch.store.settle()
    #expect(report.current == .release(number))
    #expect(report.interrupted.isEmpty)
    #expect(try scratch.states() == [1: .good, number: .good])
    #expect(try scratch.store.ledger().live == number)
    #expect(try scratch.store.ledger().previous == 1)
  }

  @Test func `a kill before the link takes a release away that was only being started`() throws {
    let scratch = try Scratch()
    try scratch.deploy()
    let number = try scratch.build()
    try scratch.store.seal(number)
    let report = try scratch.store.settle()
    #expect(report.current == .release(1))
    #expect(report.interrupted == [number])
    #expect(try scratch.store.ledger().candidate == nil)
    #expect(scratch.folders == ["1"])
  }

  @Test func `a kill after the number was taken, before its folder was made, costs the number alone`() throws
  {
    let scratch = try Scratch()
    let number = try scratch.build()
    try scratch.remove("releases/\(number)")
    #expect(try scratch.store.settle().trash.isEmpty)
    #expect(try scratch.store.ledger().releases.isEmpty)
    #expect(try scratch.build() == number + 1)
  }

  @Test func `a kill between the ledger and the move to the trash is made good`() throws {
    let scratch = try Scratch()
    for _ in 1...2 { try scratch.deploy() }
    try scratch.store.mark(1, .removing, reason: nil)
    let report = try scratch.store.settle()
    #expect(report.interrupted.isEmpty)
    #expect(report.trash.count == 1)
    #expect(scratch.folders == ["2"])
    #expect(try scratch.states() == [2: .good])
  }

  @Test func `a kill while the trash is deleted leaves only trash`() throws {
    let scratch = try Scratch()
    for _ in 1...3 { try scratch.deploy() }
    let path = try scratch.store.removeToTrash(1)
    #expect(try scratch.store.trashPaths() == [path])
    let report = try scratch.store.settle()
    #expect(report.trash == [path])
    #expect(try scratch.states() == [2: .good, 3: .good])
  }

  @Test func `a kill between ledger and link leaves a current that starts`() throws {
    let scratch = try Scratch()
    for _ in 1...2 { try scratch.deploy() }
    try scratch.remove("current")
    try scratch.link("current", to: "releases/1")
    try scratch.link("current.tmp", to: "releases/2")
    try scratch.write("shared/releases.json.tmp", "{")
    let report = try scratch.store.settle()
    #expect(report.current == .release(1))
    #expect(report.lastLive == 2)
    #expect(scratch.names(".") == ["current", "releases", "revisions.log", "shared"])
    #expect(scratch.names("shared") == ["releases.json", "trash"])
  }

  @Test func `settling twice changes nothing more`() throws {
    let scratch = try Scratch()
    try scratch.deploy()
    _ = try scratch.build()
    _ = try scratch.store.settle()
    let ledger = try scratch.read("shared/releases.json")
    #expect(try scratch.store.settle().interrupted.isEmpty)
    #expect(try scratch.read("shared/releases.json") == ledger)
  }

  @Test func `releases whose folders a person deleted are forgotten`() throws {
    let scratch = try Scratch()
    for _ in 1...3 { try scratch.deploy() }
    try scratch.remove("releases/3")
    let report = try scratch.store.settle()
    #expect(report.current == .dangling("releases/3"))
    #expect(report.lastLive == 2)
    #expect(try scratch.states() == [1: .good, 2: .good])
  }

  @Test(arguments: ["", "{", "[]", #"{"highest":1}"#, #"{"highest":-1,"releases":[]}"#, "\u{0}\u{0}\u{0}"])
  func `a damaged ledger is set aside, and made anew from what went live`(content: String) throws {
    let scratch = try Scratch()
    for _ in 1...3 { try scratch.deploy() }
    _ = try scratch.build()
    try scratch.write("shared/releases.json", content)
    let report = try scratch.store.settle()
    #expect(report.warnings.count == 1)
    #expect(report.warnings.first?.contains("good releases: 1, 2, 3.") == true)
    #expect(report.interrupted == [4])
    #expect(report.current == .release(3))
    #expect(report.lastLive == 3)
    #expect(try scratch.states() == [1: .good, 2: .good, 3: .good])
    #expect(try scratch.store.ledger()[2]?.revision.commit == "0123456789abcdef")
    let aside = scratch.names("shared").filter { $0.hasPrefix("releases.json.damaged-") }
    #expect(try aside.map { try scratch.read("shared/\($0)") } == [content])
    #expect(try scratch.build() == 5)
  }

  @Test func `folders that were there before Bascule are left alone`() throws {
    let scratch = try Scratch()
    for number in 1...4 { try scratch.write("releases/\(number)/package.json", "{}") }
    try scratch.link("current", to: scratch.path("releases/4"))
    let report = try scratch.store.settle()
    #expect(report.current == .release(4))
    #expect(report.lastLive == 4)
    #expect(report.interrupted.isEmpty)
    #expect(scratch.folders == ["1", "2", "3", "4"])
    #expect(try scratch.store.canStart(2) == nil)
    #expect(try scratch.build() == 5)
    try scratch.prune(keep: 1)
    #expect(scratch.folders.prefix(4) == ["1", "2", "3", "4"])
  }

  @Test(.enabled(if: geteuid() == 0))
  func `what belongs to the app's user before this one goes to the trash`() throws {
    let scratch = try Scratch()
    let store = ReleaseStore(layout: scratch.layout, owner: Identity(uid: 4321, gid: 4322, groups: []))
    for (name, owner) in [("repo.git", 4321), ("cache", 1234), ("spare", 0)] as [(String, uid_t)] {
      try scratch.write("shared/\(name)/file", "")
      try Files.changeOwner(scratch.path("shared/\(name)"), uid: owner, gid: owner)
    }
    let report = try store.settle()
    #expect(scratch.names("shared") == ["repo.git", "trash"])
    #expect(report.trash.count == 2)
    #expect(report.warnings.count == 2)
    #expect(report.warnings.first?.contains("cache belonged to user 1234, who is not the app's") == true)
    _ = try scratch.store.settle()
    #expect(scratch.names("shared") == ["trash"])
  }

  @Test func `a ledger that cannot be read is an error, not a reason to start over`() throws {
    let scratch = try Scratch()
    try scratch.write("shared/releases.json/x", "")
    #expect(throws: ReleaseError.self) { try scratch.store.settle() }
  }
}

@Suite struct PreparationTests {
  @Test func `a second manager is refused, and told who has the lock`() throws {
    let scratch = try Scratch()
    let lock = try InstanceLock(scratch.layout)
    do throws(ReleaseError) {
      _ = try InstanceLock(scratch.layout)
      Issue.record("both have it")
    } catch {
      #expect(error.message.contains("(process \(getpid()) on "))
    }
    withExtendedLifetime(lock) {}
  }

  @Test func `a second manager is refused also when the lock file was deleted`() throws {
    let scratch = try Scratch()
    let lock = try InstanceLock(scratch.layout)
    unlink(scratch.layout.lock)
    do throws(ReleaseError) {
      _ = try InstanceLock(scratch.layout)
      Issue.record("both have it")
    } catch {
      #expect(error.message.hasPrefix("Another bascule"))
    }
    withExtendedLifetime(lock) {}
  }

  @Test func `the lock goes with its holder`() throws {
    let scratch = try Scratch()
    do { withExtendedLifetime(try InstanceLock(scratch.layout)) {} }
    _ = try InstanceLock(scratch.layout)
  }

  @Test func `a root that cannot be written is refused`() {
    #expect(throws: ReleaseError.self) { try Layout(root: "/proc/bascule").prepare() }
    #expect(throws: ReleaseError.self) { try Layout(root: "/dev/null/app").prepare() }
  }

  @Test(.timeLimit(.minutes(5)), arguments: ["pipe", "folder", "link"])
  func `whatever the app puts in the way of the probe keeps nothing from starting`(kind: String) throws {
    let scratch = try Scratch()
    let path = scratch.path("releases/.bascule-probe")
    try scratch.write("precious", "untouched")
    switch kind {
    case "pipe": #expect(mkfifo(path, 0o666) == 0)
    case "folder": #expect(mkdir(path, 0o777) == 0)
    default: try scratch.link("releases/.bascule-probe", to: scratch.path("precious"))
    }
    try scratch.layout.prepare()
    #expect(try scratch.read("precious") == "untouched")
  }

  @Test func `probes that a kill left are swept up`() throws {
    let scratch = try Scratch()
    try scratch.write("releases/.bascule-probe-abc", "")
    _ = try scratch.store.settle()
    #expect(scratch.folders.isEmpty)
  }

  @Test(
    .enabled(if: geteuid() == 0, "only root takes the folder for itself"),
    arguments: [0o1777, 0o777, 0o775, 0o750])
  func `a root that anybody could write in is closed`(mode: mode_t) throws {
    let scratch = try Scratch()
    try Files.changeMode(scratch.path(""), mode)
    try scratch.layout.prepare()
    #expect(try Files.mode(scratch.path(".")) == mode & 0o775)
  }

  @Test func `preparing leaves nothing but the folders`() throws {
    let scratch = try Scratch()
    try scratch.layout.prepare()
    #expect(scratch.names(".") == ["releases", "shared"])
    #expect(scratch.folders.isEmpty)
  }
}
