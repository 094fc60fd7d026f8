/// Takes the framing off a body. What has been decoded collects in `body` until someone takes it.
struct BodyDecoder {
  enum Framing: Equatable, Sendable {
    case length(Int)
    case chunked
    case untilClose
  }

  private enum State {
    case fixed(remaining: Int)
    case untilClose
    case chunkSize
    case chunk(remaining: Int)
    case chunkEnd
    case trailers
    case done
  }

  private static let sizeLineLimit = 256
  private static let trailerLimit = 8 << 10

  private(set) var body: [UInt8] = []
  private var state: State
  private var total = 0
  private var trailers = Headers()

  init(_ framing: Framing) {
    switch framing {
    case .length(0): state = .done
    case .length(let length):
      state = .fixed(remaining: length)
      body.reserveCapacity(min(length, 1 << 20))
    case .chunked: state = .chunkSize
    case .untilClose: state = .untilClose
    }
  }

  var endsWithConnection: Bool { if case .untilClose = state { true } else { false } }

  mutating func takeBody() -> [UInt8] {
    defer { body = [] }
    return body
  }

  /// True once the body is complete.
  mutating func decode(_ queue: inout ByteQueue, limit: Int) throws(HTTPFailure) -> Bool {
    while true {
      switch state {
      case .done:
        return true
      case .untilClose:
        body += queue.take(.max)
        return false
      case .fixed(let remaining):
        let left = takeData(remaining, &queue)
        state = left == 0 ? .done : .fixed(remaining: left)
        if left > 0 { return false }
      case .chunkSize:
        guard let line = try line(&queue, limit: Self.sizeLineLimit) else { return false }
        let size = try Self.chunkSize(line)
        total += size
        guard total <= limit else { throw .tooLarge(limit) }
        state = size == 0 ? .trailers : .chunk(remaining: size)
      case .chunk(let remaining):
        let left = takeData(remaining, &queue)
        state = left == 0 ? .chunkEnd : .chunk(remaining: left)
        if left > 0 { return false }
      case .chunkEnd:
        guard let line = try line(&queue, limit: 0) else { return false }
        guard line.isEmpty else { throw .malformed("A chunk is longer than it says.") }
        state = .chunkSize
      case .trailers:
        guard let line = try line(&queue, limit: Self.trailerLimit) else { return false }
        if line.isEmpty {
          state = .done
        } else {
          try trailers.append(line: line)
          guard trailers.byteCount <= Self.trailerLimit else {
            throw HTTPFailure(431, "The trailers are too large.")
          }
        }
      }
    }
  }

  private mutating func takeData(_ remaining: Int, _ queue: inout ByteQueue) -> Int {
    let data = queue.take(remaining)
    body += data
    return remaining - data.count
  }

  private func line(_ queue: inout ByteQueue, limit: Int) throws(HTTPFailure) -> ArraySlice<UInt8>? {
    switch queue.takeLine(limit: limit + 1) {
    case .line(let line): return line
    case .incomplete: return nil
    case .tooLong, .bareLineFeed: throw .malformed("The chunks of the body are malformed.")
    }
  }

  private static func chunkSize(_ line: ArraySlice<UInt8>) throws(HTTPFailure) -> Int {
    var size = 0
    var digits = 0
    for byte in line {
      guard let digit = ASCII.hexDigit(byte) else { break }
      size = size << 4 | Int(digit)
      digits += 1
      // Eight digits are 4 GiB already: more can only be meant to overflow someone.
      guard digits <= 8 else { throw .malformed("A chunk's size is too long.") }
    }
    let rest = line.dropFirst(digits)
    guard digits > 0, rest.isEmpty || rest.first == UInt8(ascii: ";"), rest.allSatisfy(ASCII.isText) else {
      throw .malformed("A chunk's size is not a hexadecimal number.")
    }
    return size
  }
}

extension HTTPFailure {
  static func tooLarge(_ limit: Int) -> HTTPFailure {
    HTTPFailure(413, "The body is larger than the \(limit) bytes that are accepted here.")
  }
}
