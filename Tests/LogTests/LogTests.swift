import Glibc
import JSON
import Linux
import Log
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct LogTests {
  private let pipe: (read: FileDescriptor, write: FileDescriptor)

  init() throws {
    MainLoopThread.start()
    pipe = try FileDescriptor.pipe()
    pipe.read.setNonBlocking()
  }

  @MainLoop private func log(_ format: Log.Format, secrets: [String] = []) -> Log {
    Log(format: format, redactor: Redactor(secrets), descriptor: pipe.write.raw)
  }

  private func written() -> String {
    var bytes: [UInt8] = []
    while let more = (try? pipe.read.read(upTo: 65536)) ?? nil, !more.isEmpty { bytes += more }
    return String(decoding: bytes, as: UTF8.self)
  }

  @MainLoop @Test func `a text line has a time, a source, a level when it matters, and no secret`() throws {
    let log = log(.text, secrets: ["hunter2"])
    let logger = Logger(log, source: "manager")
    logger.info("password hunter2")
    logger.named("app r1").error("it ended")
    log.flush()
    let lines = written().split(separator: "\n")
    let time = #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /#
    #expect(
      lines.map { $0.replacing(time, with: "") } == ["manager | password ***", "app r1 | error: it ended"])
    #expect(lines.allSatisfy { $0.prefixMatch(of: time) != nil })
  }

  @MainLoop @Test func `a json line is one object`() throws {
    let log = log(.json, secrets: ["hunter2"])
    log.write(.warn, source: "app", "\"hunter2\"\nnext")
    log.flush()
    let text = written()
    #expect(text.filter { $0 == "\n" }.count == 1)
    let root = try JSONDocument(text: text).root
    #expect(root.members.map(\.key) == ["at", "level", "source", "message"])
    #expect(root["level"]?.string == "warn")
    #expect(root["source"]?.string == "app")
    #expect(root["message"]?.string == "\"***\"\nnext")
  }

  /// The pipe blocks: a write that did not look first would never return.
  @MainLoop @Test func `a log that nobody reads stops nobody, and says later what it dropped`() throws {
    let log = log(.text)
    let filler = String(repeating: "x", count: 1000)
    let total = 4000
    for _ in 0..<total { log.write(.info, source: "app", filler) }
    var text = ""
    while !text.contains(" dropped ") {
      log.flush()
      text += written()
    }
    let lines = text.split(separator: "\n")
    let kept = lines.count { $0.hasSuffix(filler) }
    let last = try #require(lines.last)
    #expect(last.contains("log | warn: \(total - kept) lines were dropped because nothing read the log"))
    #expect(kept > 1000 && kept < total)

    log.write(.info, source: "app", "as before")
    log.flush()
    #expect(written().hasSuffix("app | as before\n"))
  }

  @MainLoop @Test func `a log that nobody can read any more is let go`() {
    pipe.read.close()
    let log = log(.text)
    for _ in 0..<10_000 {
      log.write(.info, source: "app", "lost")
      log.flush()
    }
  }

  @MainLoop @Test func `what could not be written at once is written without another word`() async throws {
    let log = log(.text)
    for _ in 0..<100 { log.write(.info, source: "app", String(repeating: "y", count: 1000)) }
    log.write(.info, source: "app", "the last")
    var text = written()
    try await MainLoop.until {
      text += written()
      return text.hasSuffix(" the last\n")
    }
    #expect(text.split(separator: "\n").count == 101)
  }
}
