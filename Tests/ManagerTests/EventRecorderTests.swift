import Glibc
import History
import JSON
import Linux
import Log
import Pipeline
import TestSupport
import Testing

@testable import Manager

@Suite(.timeLimit(.minutes(5))) struct EventRecorderTests {
  private let folder: TemporaryFolder

  init() throws {
    MainLoopThread.start()
    folder = try TemporaryFolder()
  }

  @MainLoop private func recorded(_ events: [DeploymentEvent], secrets: [String]) throws -> [JSONNode] {
    try recorded(secrets: secrets) { recorder in for event in events { recorder.record(event) } }
  }

  @MainLoop private func recorded(secrets: [String], _ body: (EventRecorder) -> Void) throws -> [JSONNode] {
    let redactor = Redactor(secrets)
    let null = try FileDescriptor.open("/dev/null", O_WRONLY)
    let log = Log(format: .text, redactor: redactor, descriptor: null.raw)
    let stream = DeploymentLog(path: folder.path("1.log"))
    let recorder = EventRecorder(
      deployment: 1, log: stream, redactor: redactor, logger: Logger(log, source: "test"))
    body(recorder)
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

  @MainLoop @Test func `lines of a command are masked on their way too`() throws {
    let secrets = ["plain-secret", "with \"quotes\" and \\", "tab\there"]
    let lines = try recorded(secrets: secrets) { recorder in
      let narrator = recorder.makeNarrator()
      narrator.begin(.build)
      for secret in secrets { narrator.line("stderr", "it is \(secret).") }
      narrator.line("stdout", "\u{1b}[31mred\u{1b}[0m")
    }
    #expect(
      lines.map { $0["message"]?.string }
        == ["3/4 - Build", "it is ***.", "it is ***.", "it is ***.", "\u{1b}[31mred\u{1b}[0m"])
    #expect(lines.dropFirst().allSatisfy { $0["type"]?.string == "log" && $0["phase"]?.int == 3 })
  }

  @MainLoop @Test func `what is not a line of output has nothing in it that a terminal obeys`() throws {
    let text = "on \u{1b}[31mbranch\u{1b}[0m\u{7}\u{9b} of\u{1b}]0;title\u{7}\tsomebody\r\nelse\u{7f}"
    let kinds: [DeploymentEvent.Kind] = [.start, .info, .warn, .error, .success, .complete]
    let lines = try recorded(kinds.map { DeploymentEvent($0, text) }, secrets: [])
    #expect(lines.allSatisfy { $0["message"]?.string == "on branch of somebody  else" })
    #expect(lines.count == 6)
  }

  @MainLoop @Test func `a secret taken apart by a control character is masked all the same`() throws {
    let lines = try recorded([DeploymentEvent(.info, "hun\u{7}ter2")], secrets: ["hunter2"])
    #expect(lines.first?["message"]?.string == "***")
  }
}
