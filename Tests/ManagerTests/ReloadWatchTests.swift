import Foundation
import Glibc
import Linux
import Log
import TestSupport
import Testing

@testable import Manager

@Suite(.timeLimit(.minutes(5))) struct ReloadWatchTests {
  private let folder: TemporaryFolder

  init() throws {
    MainLoopThread.start()
    folder = try TemporaryFolder()
  }

  private var inotifies: Int {
    let links = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
    return links.count {
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)"))?.contains("inotify")
        ?? false
    }
  }

  @MainLoop private func logger() throws -> Logger {
    let null = try systemCall("open") { open("/dev/null", O_WRONLY | O_CLOEXEC) }
    return Logger(Log(format: .text, redactor: Redactor([]), descriptor: null), source: "test")
  }

  /// The kernel gives a user 128 inotifies.
  @MainLoop @Test func `RELOAD is seen in two hundred folders, at once and once`() async throws {
    let watches = FolderWatches()
    let logger = try logger()
    let before = inotifies
    var seen: [Int: Int] = [:]
    var all: [ReloadWatch] = []
    for number in 0..<200 {
      all.append(
        ReloadWatch(folder: folder.path("\(number)"), watches: watches, logger: logger) {
          seen[number, default: 0] += 1
        })
    }
    #expect(inotifies - before <= 1)
    for number in 0..<200 { try folder.write("\(number)/RELOAD", "") }
    // Sooner than whoever only looks every two seconds.
    let deadline = ContinuousClock.Instant.now + .seconds(30)
    while seen.count < 200, ContinuousClock.Instant.now < deadline {
      await MainLoop.sleep(for: .milliseconds(5))
    }
    #expect(seen.count == 200 && seen.values.allSatisfy { $0 == 1 })
    #expect((0..<200).allSatisfy { Files.kind(folder.path("\($0)/RELOAD")) == nil })
    for watch in all { watch.stop() }
  }

  @MainLoop @Test func `one that was stopped sees nothing more, and the others do`() async throws {
    let watches = FolderWatches()
    let logger = try logger()
    var seen: [String] = []
    let one = ReloadWatch(folder: folder.path("one"), watches: watches, logger: logger) { seen.append("one") }
    let two = ReloadWatch(folder: folder.path("two"), watches: watches, logger: logger) { seen.append("two") }
    one.stop()
    try folder.write("one/RELOAD", "")
    try folder.write("two/RELOAD", "")
    try await MainLoop.until { !seen.isEmpty }
    #expect(seen == ["two"])
    #expect(Files.kind(folder.path("one/RELOAD")) == .file)
    // The folder is another one now.
    try Files.rename(folder.path("two"), folder.path("old"))
    try folder.write("two/RELOAD", "")
    try await MainLoop.until { seen.count >= 2 }
    #expect(seen == ["two", "two"])
    two.stop()
  }
}
