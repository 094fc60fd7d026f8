import JSON
import Linux

/// A line that a command printed, on its way to the record. Its bytes last as long as the call that is given it.
package struct LogLine {
  package var text: UnsafeRawBufferPointer
  package let stream: String
  package let phase: Phase?
  package let step: String?
  package let at: Timestamp

  package init(_ text: UnsafeRawBufferPointer, stream: String, phase: Phase?, step: String?, at: Timestamp) {
    self.text = text
    self.stream = stream
    self.phase = phase
    self.step = step
    self.at = at
  }

  package var event: DeploymentEvent {
    var event = DeploymentEvent(.log, String(decoding: text, as: UTF8.self), at: at)
    event.phase = phase
    event.step = step
    event.stream = stream
    return event
  }
}

/// Writes lines as the JSON of their events. What neighbours have in common, all but their text, is put together
/// once a millisecond: this is the way of a build's every line.
package struct LogLineWriter {
  private var last: (at: Timestamp, stream: String, phase: Phase?, step: String?)?
  private var rest: [UInt8] = []

  package init() {}

  package mutating func write(_ line: LogLine, to output: inout [UInt8]) {
    if last.map({ $0 != (line.at, line.stream, line.phase, line.step) }) ?? true { compose(line) }
    output.append(contentsOf: Self.start)
    JSONEscapes.append(line.text, to: &output)
    output.append(contentsOf: rest)
  }

  private static let start = Array(#"{"type":"log","message":"#.utf8)

  private mutating func compose(_ line: LogLine) {
    var event = line
    event.text = UnsafeRawBufferPointer(start: nil, count: 0)
    // As that of the event, whose members after the message are the same.
    let members = event.event.json.bytes
    rest = [UInt8(ascii: ",")] + members.dropFirst(#"{"type":"log","message":"","#.utf8.count)
    last = (line.at, line.stream, line.phase, line.step)
  }
}
