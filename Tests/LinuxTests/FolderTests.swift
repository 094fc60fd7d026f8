import Glibc
import Linux
import TestSupport
import Testing

@Suite struct FolderTests {
  private let temporary: TemporaryFolder

  init() throws { temporary = try TemporaryFolder() }

  @Test func `no step is taken through a link`() throws {
    try Files.makeDirectory(temporary.path("outside/inner"))
    try Files.makeDirectory(temporary.path("real"))
    try temporary.link("real/link", to: temporary.path("outside"))
    let root = try Folder.open(temporary.path)
    _ = try root.enter(["outside", "inner"])
    for parts in [["real", "link"], ["real", "link", "inner"]] {
      let error = #expect(throws: SystemError.self) { try root.enter(parts) }
      #expect(error?.subject == "link")
      #expect(throws: SystemError.self) { try root.enter(parts + ["new"], creatingFor: nil) }
    }
    #expect(try Files.list(temporary.path("outside")) == ["inner"])
  }

  @Test func `a file replaces a link and leaves what it named alone`() throws {
    let victim = try temporary.write("victim", "precious")
    for name in ["file", ".bascule-new"] { try temporary.link(name, to: victim) }
    let root = try Folder.open(temporary.path)
    for text in ["one", "two"] {
      try root.write("file", text, owner: nil)
      #expect(try Files.text(temporary.path("file")) == text)
    }
    #expect(try Files.text(victim) == "precious")
    #expect(temporary.names == ["file", "victim"])
  }

  @Test(.enabled(if: geteuid() == 0)) func `what is made belongs to its owner`() throws {
    let owner = Identity(uid: 4321, gid: 4322, groups: [])
    let folder = try Folder.open(temporary.path).enter(["a", "b"], creatingFor: owner)
    try folder.write("file", "", owner: owner)
    for path in ["a", "a/b", "a/b/file"] {
      var status = stat()
      #expect(lstat(temporary.path(path), &status) == 0)
      #expect(status.st_uid == 4321 && status.st_gid == 4322, "\(path)")
      #expect(status.st_mode & 0o777 == (path.hasSuffix("file") ? 0o644 : 0o755), "\(path)")
    }
  }

  @Test func `an entry is moved out with all in it`() throws {
    try temporary.write("a/modules/x", "")
    let aside = temporary.path("aside")
    #expect(try Folder.open(temporary.path("a")).moveAside("modules", to: aside) == aside)
    #expect(try Files.list(aside) == ["x"])
  }

  @Test func `a file is read through links that stay below, and through no other`() throws {
    try temporary.write("release/config/real", "inside")
    try temporary.write("secret", "outside")
    for (name, target) in [
      ("in", "config/real"), ("out", "../secret"), ("far", temporary.path("secret")),
      ("round", "../release/config/real"),
      ("proc", "/proc/self/environ"), ("folder", "config"), ("loop", "loop"),
    ] {
      try temporary.link("release/\(name)", to: target)
    }
    #expect(mkfifo(temporary.path("release/pipe"), 0o600) == 0)
    let folder = try Folder.open(temporary.path("release"))
    for name in ["config/real", "in"] { #expect(try folder.read(name, limit: 100) == Array("inside".utf8)) }
    for name in ["out", "far", "round", "proc", "folder", "loop", "pipe", "none", "../secret"] {
      #expect(throws: SystemError.self, "\(name)") { try folder.read(name, limit: 1 << 20) }
    }
  }

  @Test func `a folder in the place of a temporary file stops nothing`() throws {
    try temporary.write(".bascule-new/kept", "")
    try temporary.write(".bascule-link/kept", "")
    let root = try Folder.open(temporary.path)
    try root.write("file", "text", owner: nil)
    #expect(try root.replaceByLink("link", to: "file", movingAsideTo: temporary.path("trash")) == nil)
    #expect(try Files.text(temporary.path("link")) == "text")
    #expect(temporary.names == [".bascule-link", ".bascule-new", "file", "link"])
  }
}
