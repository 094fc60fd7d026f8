import History
import Linux
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct DeploymentLogTests {
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

  @MainLoop @Test func `a log that has grown too long keeps only what matters`() throws {
    let log = DeploymentLog(path: folder.path("1.log"))
    let line = String(repeating: "x", count: 1 << 20)
    for _ in 0..<40 { log.append(line, essential: false) }
    log.append("the end", essential: true)
    log.finish()
    let bytes = try Files.read(log.path, limit: 64 << 20)
    #expect(bytes.count < 34 << 20)
    #expect(bytes.suffix(8) == Array("the end\n".utf8)[...])
  }

  @Test func `only the newest logs are kept, and what is no log is left alone`() throws {
    for name in ["1.log", "9.log", "10.log", "100.log", "2.txt", "x.log", "007.log"] {
      try folder.write(name, "")
    }
    DeploymentLogs.prune(folder: folder.path, keep: 2)
    #expect(folder.names == ["007.log", "10.log", "100.log", "2.txt", "x.log"])
    DeploymentLogs.prune(folder: folder.path("nowhere"))
  }

  @MainLoop @Test func `a log that cannot be written fails nobody`() {
    let log = DeploymentLog(path: folder.path("nowhere/1.log"))
    var calls = 0
    _ = log.follow { calls += 1 }
    log.append("lost", essential: true)
    log.finish()
    #expect(calls > 0)
  }
}
