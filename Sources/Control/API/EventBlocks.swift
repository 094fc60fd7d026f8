import History
import Linux

/// What was read and framed last. A thousand readers of one deployment stand mostly at the same place: the first
/// of them reads and frames, the others share it.
@MainLoop
final class EventBlocks {
  private struct Place: Hashable {
    let deployment: Int64
    let offset: Int64
  }

  private var blocks: [Place: EventFrames] = [:]
  private var order: [Place] = []
  /// Where there was nothing for the last who looked; others who stand there need not look.
  private var end: Place?

  private static let capacity = 8

  /// nil where there is nothing (yet).
  func frames(of deployment: Int64, from offset: Int64, _ reader: LogReader) -> EventFrames? {
    let place = Place(deployment: deployment, offset: offset)
    if let known = blocks[place] { return known }
    if place == end { return nil }
    let lines = reader.lines(from: offset, limit: 32 << 10)
    if lines.isEmpty {
      if !reader.isFinished { end = place }
      return nil
    }
    let frames = EventFrames(lines, from: offset)
    if order.count >= Self.capacity { blocks[order.removeFirst()] = nil }
    order.append(place)
    blocks[place] = frames
    return frames
  }

  /// A stream has grown, or ended.
  func changed() { end = nil }

  /// Nobody reads any more.
  func forget() {
    blocks = [:]
    order = []
  }
}
