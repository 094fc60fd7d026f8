import Glibc
import Linux
import TestSupport
import Testing

@testable import History

@Suite(.timeLimit(.minutes(5))) struct DeploymentLogTests {
  private let folder: TemporaryFolder

  init() throws {
    MainLoopThread.start()
    folder = try TemporaryFolder()
  }

  @MainLoop @Test func `lines of a turn are written together, and followers hear of them once`() async throws
  {
    let log = DeploymentLog(path: folder.path("1.log"))
    let heard = Once<Void>()
    var calls = 0
    let number = log.follow {
      calls += 1
      heard.finish(())
    }
    for line in ["one", "two"] { log.append(line, essential: false) }
    #expect(folder.names.isEmpty)
    await heard.value()
    #expect(calls == 1)
    #expect(try Files.text(log.path) == "one\ntwo\n")

    log.unfollow(number)
    log.append("three", essential: true)
    log.finish()
    #expect(log.isFinished)
    #expect(calls == 1)
    #expect(try Files.text(log.path) == "one\ntwo\nthree\n")
  }

  @MainLoop @Test func `a log that has grown too long says so once, and keeps only what matters`() throws {
    let log = DeploymentLog(path: folder.path("1.log"), limit: 1 << 20)
    let line = String(repeating: "x", count: 1 << 16)
    for _ in 0..<40 { log.append(line, essential: false) }
    log.append("the end", essential: true)
    log.finish()
    let lines = try Files.text(log.path).split(separator: "\n")
    #expect(lines.count == 18)
    #expect(
      lines.dropFirst(16).first?.contains(
        "the log has grown to 1.0 MiB: what the commands print from here on is not kept") == true)
    #expect(lines.last == "the end")
  }

  @MainLoop @Test func `what does not fit into memory is on disk before the turn ends`() throws {
    let log = DeploymentLog(path: folder.path("1.log"))
    let line = String(repeating: "x", count: 9999)
    for _ in 0..<1000 { log.append(line, essential: false) }
    #expect(try Files.read(log.path).count > 9 << 20)
    #expect(log.size > 9 << 20)
    log.finish()
    #expect(log.size == 10_000_000)
  }

  @MainLoop @Test func `half a line of a manager that was killed is written over`() throws {
    try folder.write("1.log", "one\ntwo\nhal")
    let log = DeploymentLog(path: folder.path("1.log"))
    #expect(log.size == 8)
    log.append("x", essential: true)
    log.finish()
    #expect(try Files.text(log.path) == "one\ntwo\nx\n")
    try folder.write("2.log", String(repeating: "x", count: 200_000))
    #expect(DeploymentLog(path: folder.path("2.log")).size == 0)
  }

  @MainLoop @Test func `a few hear of every turn, many of one in 25 ms and of the end at once`() async throws
  {
    for count in [50, 51] {
      let log = DeploymentLog(path: folder.path("\(count).log"))
      var calls = 0
      for _ in 0..<count { _ = log.follow { calls += 1 } }
      let began = ContinuousClock.now
      for number in 0..<10 {
        log.append("\(number)", essential: false)
        await MainLoop.sleep(for: .milliseconds(1))
        if number == 0 { #expect(calls == count) }
      }
      let pauses = Int((ContinuousClock.now - began) / .milliseconds(25))
      #expect(count == 50 ? calls == 500 : calls <= 51 * (pauses + 2))
      let before = calls
      log.append("end", essential: false)
      log.finish()
      #expect(calls - before >= count)
      let atEnd = calls
      await MainLoop.sleep(for: .milliseconds(40))
      #expect(calls == atEnd)
    }
  }

  @MainLoop @Test func `a log that cannot be written fails nobody`() {
    let log = DeploymentLog(path: folder.path("nowhere/1.log"))
    var calls = 0
    _ = log.follow { calls += 1 }
    log.append("lost", essential: true)
    log.finish()
    #expect(calls > 0)
  }

  @MainLoop @Test func `a full disk costs lines, not memory`() throws {
    try folder.link("1.log", to: "/dev/full")
    let log = DeploymentLog(path: folder.path("1.log"))
    let line = String(repeating: "x", count: 9999)
    for _ in 0..<2000 { log.append(line, essential: false) }
    #expect(log.size == 0)
    // Its own, not the process's: other tests run beside this one.
    #expect(log.buffer.capacity < 16 << 20)
    log.finish()
  }
}
