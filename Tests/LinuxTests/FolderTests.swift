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
}
