import Foundation
import Glibc
import Linux
import TestSupport
import Testing

@Suite struct InotifyTests {
  private let folder: TemporaryFolder
  private let inotify: Inotify

  init() throws {
    folder = try TemporaryFolder()
    inotify = try Inotify()
  }

  @Test func `every way in which a file can come is heard`() throws {
    let ready = try folder.write("elsewhere/ready", "")
    let watched = folder.path("watched")
    try Files.makeDirectory(watched)
    _ = try inotify.watch(folder: watched)
    let file = watched + "/RELOAD"
    let ways: [(String, () throws -> Void)] = [
      ("created", { _ = try FileDescriptor.open(file, O_CREAT | O_RDONLY) }),
      ("written", { try FileDescriptor.open(file, O_WRONLY).writeAll([1]) }),
      ("touched again", { utimes(file, nil) }),
      ("moved here", { try Files.rename(ready, file) }),
      ("linked", { try Files.replaceLink(file, with: "nowhere") }),
      (
        "made as a folder",
        {
          try Files.remove(file)
          try Files.makeDirectory(file)
        }
      ),
    ]
    for (way, act) in ways {
      try act()
      #expect(inotify.pending().contains { $0.name == "RELOAD" }, "\(way)")
      #expect(inotify.pending().isEmpty)
    }
  }

  @Test func `the end of the watched folder is told`() throws {
    for (name, end) in [("removed", { rmdir($0) }), ("moved", { rename($0, $0 + ".away") })]
      as [(String, (String) -> Int32)]
    {
      let watched = folder.path(name)
      try Files.makeDirectory(watched)
      let watch = try inotify.watch(folder: watched)
      #expect(end(watched) == 0)
      #expect(inotify.pending().contains { $0.watch == watch && $0.watchEnded }, "\(name)")
    }
  }

  @Test func `more events than the kernel keeps end in one that says so`() throws {
    let text = try Files.text("/proc/sys/fs/inotify/max_queued_events")
    let limit = try #require(Int(text.split(separator: "\n")[0]))
    try #require(limit <= 1 << 20)
    _ = try inotify.watch(folder: folder.path)
    let files = [try folder.write("a", ""), try folder.write("b", "")]
    // Alternating, since equal events in a row are one.
    for index in 0...limit { utimes(files[index % 2], nil) }
    let events = inotify.pending()
    #expect(events.last?.overflowed == true)
    #expect(events.filter(\.overflowed).count == 1)
    utimes(files[0], nil)
    #expect(inotify.pending().map(\.name) == ["a"])
  }

  @Test func `only a folder can be watched`() throws {
    let file = try folder.write("file", "")
    let error = #expect(throws: SystemError.self) { try inotify.watch(folder: file) }
    #expect(error?.description == "watch \(file): Not a directory")
  }
}
