import Foundation
import Glibc
import Linux
import TestSupport
import Testing

@Suite struct FilesTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func `an atomic write replaces a link and leaves what it named alone`() throws {
    let victim = try folder.write("victim", "precious")
    try folder.link("state.json", to: victim)
    try folder.link("state.json.tmp", to: victim)
    try Files.writeAtomically(folder.path("state.json"), Array("new".utf8), mode: 0o600)
    #expect(Files.kind(folder.path("state.json")) == .file)
    #expect(try Files.text(folder.path("state.json")) == "new")
    #expect(try Files.text(victim) == "precious")
    let attributes = try FileManager.default.attributesOfItem(atPath: folder.path("state.json"))
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    #expect(folder.names == ["state.json", "victim"])
  }

  @Test func `an atomic write that fails leaves the old file and nothing else`() throws {
    try FileManager.default.createDirectory(
      atPath: folder.path("state.json"), withIntermediateDirectories: true)
    try folder.write("state.json/inside", "old")
    #expect(throws: SystemError.self) { try Files.writeAtomically(folder.path("state.json"), [1]) }
    #expect(folder.names == ["state.json"])
    #expect(try Files.text(folder.path("state.json/inside")) == "old")
  }

  @Test func `appending does not follow a link`() throws {
    let victim = try folder.write("victim", "precious")
    try folder.link("log", to: victim)
    #expect(throws: SystemError.self) { try Files.append(folder.path("log"), [1]) }
    #expect(try Files.text(victim) == "precious")
  }

  @Test func `a link is replaced in one step, also a broken one, and never a folder`() throws {
    let current = folder.path("current")
    for target in ["releases/1", "nowhere", "releases/2"] {
      try Files.replaceLink(current, with: target)
      #expect(Files.linkTarget(current) == target)
    }
    try Files.makeDirectory(folder.path("real/inside"))
    let error = #expect(throws: SystemError.self) { try Files.replaceLink(folder.path("real"), with: "x") }
    #expect(error?.description.contains(folder.path("real")) == true)
    #expect(folder.names == ["current", "real"])
  }

  @Test func `kinds tell a link from what it names`() throws {
    let file = try folder.write("file", "")
    try folder.link("link", to: file)
    try folder.link("broken", to: "nowhere")
    #expect(Files.kind(file) == .file)
    #expect(Files.kind(folder.path) == .directory)
    #expect(Files.kind(folder.path("link")) == .link)
    #expect(Files.resolvedKind(folder.path("link")) == .file)
    #expect(Files.kind(folder.path("broken")) == .link)
    #expect(Files.resolvedKind(folder.path("broken")) == nil)
    #expect(Files.kind("/dev/null") == .other)
    #expect(Files.linkTarget(file) == nil)
  }

  @Test func `a folder is made with all that leads to it, and making it again is no error`() throws {
    let deep = folder.path("a/b/c")
    try Files.makeDirectory(deep)
    try Files.makeDirectory(deep)
    #expect(Files.kind(deep) == .directory)
    let file = try folder.write("file", "")
    let error = #expect(throws: SystemError.self) { try Files.makeDirectory(file + "/below") }
    #expect(error?.code == EEXIST || error?.code == ENOTDIR)
  }

  @Test func `a file beyond the limit is refused`() throws {
    let file = try folder.write("big", String(repeating: "x", count: 100_000))
    #expect(try Files.read(file, limit: 100_000).count == 100_000)
    #expect(throws: SystemError(code: EFBIG, operation: "read", subject: file)) {
      try Files.read(file, limit: 99_999)
    }
  }

  @Test(.timeLimit(.minutes(5))) func `a pipe, a device and a folder are refused where a file is needed`()
    throws
  {
    let pipe = folder.path("pipe")
    #expect(mkfifo(pipe, 0o666) == 0)
    for path in [pipe, "/dev/zero", folder.path] {
      #expect(throws: SystemError(code: EINVAL, operation: "read", subject: path)) {
        try Files.readRegular(path, limit: 100)
      }
    }
    let file = try folder.write("file", "content")
    try folder.link("link", to: file)
    #expect(try Files.readRegular(folder.path("link"), limit: 7) == Array("content".utf8))
    #expect(throws: SystemError.self) { try Files.readRegular(file, limit: 6) }
  }

  private func inode(_ path: String) -> ino_t {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_ino : 0
  }

  @Test func `a file is written again only where content, mode or kind differ`() throws {
    let path = folder.path("file")
    func write(_ text: String, mode: Int32 = 0o600) throws -> ino_t {
      try Files.write(path, ifOtherThan: Array(text.utf8), mode: mode)
      return inode(path)
    }
    let first = try write("key")
    #expect(try write("key") == first)
    #expect(try write("key", mode: 0o644) != first)
    for text in ["longer key", "k"] {
      _ = try write(text)
      #expect(try Files.text(path) == text)
    }
  }

  @Test func `neither a link with the right content nor what it names is touched`() throws {
    let victim = try folder.write("victim", "key", mode: 0o644)
    try folder.link("file", to: victim)
    try Files.write(folder.path("file"), ifOtherThan: Array("key".utf8), mode: 0o600)
    #expect(Files.kind(folder.path("file")) == .file)
    let attributes = try FileManager.default.attributesOfItem(atPath: victim)
    #expect(attributes[.posixPermissions] as? Int == 0o644)
  }

  @Test(.enabled(if: geteuid() == 0)) func `an equal file of another owner is written again`() throws {
    let path = folder.path("file")
    for owner in [(uid: 4321, gid: 4322), (uid: 4321, gid: 4323), nil] as [(uid: uid_t, gid: gid_t)?] {
      try Files.write(path, ifOtherThan: [1], mode: 0o600, owner: owner)
      var status = stat()
      #expect(lstat(path, &status) == 0)
      #expect(status.st_uid == owner?.uid ?? 0)
      #expect(status.st_gid == owner?.gid ?? status.st_gid)
    }
  }

  @Test func `names are listed in order`() throws {
    for name in ["b", "a", ".hidden"] { try folder.write(name, "") }
    #expect(try Files.list(folder.path) == [".hidden", "a", "b"])
    #expect(throws: SystemError.self) { try Files.list(folder.path("a")) }
  }

  @Test(arguments: [("/a/b", "/a"), ("/a", "/"), ("a", "."), ("/", "/"), ("a/b/c", "a/b")])
  func `the parent of a path`(path: String, parent: String) { #expect(Files.parent(of: path) == parent) }

  @Test func `an error names what was tried, on what, and why`() throws {
    let error = #expect(throws: SystemError.self) { try Files.read("/nowhere/at/all") }
    #expect(error?.description == "open /nowhere/at/all: No such file or directory")
    #expect(error?.isMissing == true)
    #expect(SystemError(code: ENOSPC, operation: "write").description == "write: No space left on device")
  }
}
