import Glibc
import History
import JSON
import Linux
import Log
import Pipeline
import TestSupport
import Testing

@testable import Manager

@Suite(.timeLimit(.minutes(1))) struct EventRecorderTests {
  private let folder: TemporaryFolder

  init() throws {
    MainLoopThread.start()
    folder = try TemporaryFolder()
  }

  @MainLoop private func recorded(_ events: [DeploymentEvent], secrets: [String]) throws -> [JSONNode] {
    let redactor = Redactor(secrets)
    let null = try FileDescriptor.open("/dev/null", O_WRONLY)
    let log = Log(format: .text, redactor: redactor, descriptor: null.raw)
    let stream = DeploymentLog(path: folder.path("1.log"))
    let recorder = EventRecorder(
      deployment: 1, log: stream, redactor: redactor, logger: Logger(log, source: "test"))
    for event in events { recorder.record(event) }
    stream.finish()
    log.flush()
    return try Files.text(folder.path("1.log")).split(separator: "\n").map {
      try JSONDocument(text: String($0)).root
    }
  }

  @MainLoop @Test func `a secret never reaches the record, not even in the spelling of JSON`() throws {
    let secrets = ["plain-secret", "with \"quotes\" and \\", "tab\there"]
    let events = secrets.map { DeploymentEvent(.log, "it is \($0).") }
    #expect(
      try recorded(events, secrets: secrets).map { $0["message"]?.string }
        == Array(repeating: "it is ***.", count: 3))
  }

  @MainLoop @Test func `a secret that is also a word of the format does not break the record`() throws {
    let lines = try recorded([DeploymentEvent(.phase, "the message")], secrets: ["message", "phase"])
    #expect(lines.first?["type"]?.string == "phase")
    #expect(lines.first?["message"]?.string == "the ***")
  }
}
