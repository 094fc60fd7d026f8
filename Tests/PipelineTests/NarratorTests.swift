import JSON
import Linux
import TestSupport
import Testing

@testable import Pipeline

@Suite(.timeLimit(.minutes(5))) struct NarratorTests {
  init() { MainLoopThread.start() }

  @MainLoop @Test func `every event knows its phase and step`() {
    var events: [DeploymentEvent] = []
    let narrator = Narrator { events.append($0) }
    narrator.say(.start, "begins")
    for phase in Phase.allCases {
      narrator.begin(phase)
      narrator.step = "work"
      narrator.line("stderr", "a line")
      narrator.endPhase("done")
    }
    narrator.failed(DeployError(.build, "it broke", exitCode: 3))
    narrator.failed(DeployError(.canceled, "canceled"))
    narrator.completed("live")
    narrator.ended(code: 3)

    #expect(events.filter { $0.kind == .phase }.map(\.message).first == "1/4 - Prepare the release")
    #expect(events.filter { $0.kind == .phase }.map(\.step) == [nil, nil, nil, nil])
    #expect(events.filter { $0.kind == .log }.map(\.phase) == [.prepare, .install, .build, .start])
    #expect(events.filter { $0.kind == .log }.allSatisfy { $0.step == "work" && $0.stream == "stderr" })
    #expect(narrator.durations.map(\.phase) == Phase.allCases)
    #expect(events.filter { $0.kind == .error }.map(\.code) == [3, 1])
    #expect(events.filter { $0.kind == .error }.map(\.error) == ["build", "canceled"])
    #expect(events.first?.phase == nil)
    #expect(events.suffix(2).map(\.code) == [0, 3])
  }

  @Test func `an event in JSON has what it knows, in one order`() {
    let at = Timestamp(milliseconds: 0)
    var event = DeploymentEvent(.error, "it \"broke\"\n", at: at)
    event.code = 3
    event.error = "build"
    event.phase = .build
    event.step = "build"
    event.stream = "stderr"
    #expect(
      event.json.text
        == #"{"type":"error","message":"it \"broke\"\n","code":3,"error":"build","#
        + #""at":"1970-01-01T00:00:00.000Z","phase":3,"step":"build","stream":"stderr"}"#)
    #expect(
      DeploymentEvent(.end, "", at: at).json.text == #"{"type":"end","at":"1970-01-01T00:00:00.000Z"}"#)
  }

  @MainLoop @Test func `a line is written as its event would be, character for character`() throws {
    var lines: [(written: String, event: String)] = []
    var writer = LogLineWriter()
    let narrator = Narrator(
      lines: { line in
        var output: [UInt8] = []
        writer.write(line, to: &output)
        lines.append((String(decoding: output, as: UTF8.self), line.event.json.text))
      }, sink: { _ in })
    let texts = [
      "", "plain", "\"quoted\" and \\ in a line that is longer", "tab\tand \u{1b}[31mred\u{1b}[0m",
      "grüße 😀 \u{7f}",
      String(repeating: "x", count: 31) + "\"",
    ]
    for phase in [Phase.install, .build] {
      narrator.begin(phase)
      for step in [nil, "work"] {
        narrator.step = step
        for stream in ["stdout", "stderr"] { for text in texts { narrator.line(stream, text) } }
      }
    }
    #expect(lines.count == 48)
    for (written, event) in lines { #expect(written == event) }
    let messages = try lines.prefix(6).map {
      try JSONDocument(text: $0.written).root["message"]?.string ?? "none"
    }
    #expect(messages == texts)
  }

  @MainLoop @Test func `the last forty lines are kept, the long ones in part`() {
    let tail = Tail()
    #expect(tail.lines == [])
    for number in 1...100 { Array("line \(number)".utf8).withUnsafeBytes(tail.add) }
    #expect(tail.lines == (61...100).map { "line \($0)" })
    [UInt8](repeating: 0x78, count: 100_000).withUnsafeBytes(tail.add)
    #expect(tail.lines.last == String(repeating: "x", count: 2048))
    #expect(tail.lines.first == "line 62")
  }
}
