import Linux
import Testing

@testable import Releases

@Suite struct CurrentTests {
  @Test func `current is a relative link to the release`() throws {
    let scratch = try Scratch()
    try scratch.deploy()
    #expect(try scratch.target("current") == "releases/1")
    try scratch.deploy()
    #expect(try scratch.target("current") == "releases/2")
    #expect(scratch.names(".") == ["current", "releases", "revisions.log", "shared"])
  }

  @Test(arguments: [
    "releases/1", "releases/1/", "./releases/1", "releases//1", "ROOT/releases/1", "ROOT/releases/1//",
    "ROOT/../ROOTNAME/releases/1", "alias/1", "ROOT/alias/1", "/elsewhere/app/releases/1",
    "/elsewhere/app/releases/1/", "../app/releases/1",
  ])
  func `every way to name a release by hand is understood`(spelling: String) throws {
    let scratch = try Scratch()
    try scratch.deploy()
    try scratch.remove("current")
    try scratch.link("alias", to: "releases")
    let name = scratch.layout.root.split(separator: "/").last.map(String.init) ?? ""
    try scratch.link(
      "current",
      to: spelling.replacing("ROOTNAME", with: name).replacing("ROOT", with: scratch.layout.root))
    #expect(scratch.store.readCurrent() == .release(1))
  }

  @Test func `what is no release is told as what it is`() throws {
    let scratch = try Scratch()
    let store = scratch.store
    #expect(store.readCurrent() == .absent)
    for target in ["releases/7", "/elsewhere/releases/7", "releases/01", "nothing", "current"] {
      try scratch.link("current", to: target)
      #expect(store.readCurrent() == .dangling(target))
      try scratch.remove("current")
    }
    try scratch.write("releases/1/dist/x", "")
    for target in ["/", "releases", "shared", "releases/1/dist"] {
      try scratch.link("current", to: target)
      #expect(store.readCurrent() == .elsewhere(target))
      try scratch.remove("current")
    }
    try scratch.write("current", "a file")
    #expect(store.readCurrent() == .elsewhere("a file"))
    try scratch.remove("current")
    try scratch.write("current/x", "")
    #expect(store.readCurrent() == .directory)
  }

  @Test func `a real folder called current stops the start, and is never replaced`() throws {
    let scratch = try Scratch()
    try scratch.write("current/precious", "")
    let number = try scratch.build()
    try scratch.store.mark(number, .good, reason: nil)
    #expect(throws: ReleaseError.self) { try scratch.store.makeCurrent(number) }
    #expect(throws: ReleaseError.self) { try scratch.layout.prepare() }
    #expect(scratch.names("current") == ["precious"])
  }

  @Test func `a link by hand is put back as it should be`() throws {
    let scratch = try Scratch()
    try scratch.deploy()
    for target in ["/elsewhere/releases/1", "nothing", "/"] {
      try scratch.remove("current")
      try scratch.link("current", to: target)
      try scratch.store.makeCurrent(1)
      #expect(try scratch.target("current") == "releases/1")
    }
    try scratch.remove("current")
    try scratch.store.makeCurrent(1)
    #expect(try scratch.target("current") == "releases/1")
  }

  @Test func `what was live before is remembered once, not by making the same live again`() throws {
    let scratch = try Scratch()
    for _ in 1...2 { try scratch.deploy() }
    try scratch.serve(2)
    #expect(try scratch.store.ledger().live == 2)
    #expect(try scratch.store.ledger().previous == 1)
  }
}
