/// One side of RFC 6455, as far as tests need it.
final class WebSocketClient: Sendable {
  enum Event: Equatable, Sendable {
    case text([UInt8])
    case binary([UInt8])
    case pong([UInt8])
    case close(Int?)
    /// The connection ended without a Close.
    case end
  }

  let stream: ByteStream
  let handshake: Message

  init(_ stream: ByteStream, path: String) throws {
    self.stream = stream
    handshake = try stream.ask(
      "GET \(path) HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
    guard handshake.status == 101 else { throw Failure("no WebSocket: \(handshake)") }
    guard handshake["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" else {
      throw Failure("a WebSocket with a wrong answer: \(handshake)")
    }
  }

  func send(_ message: [UInt8]) throws { try stream.send(Self.frame(0x82, message)) }

  func ping(_ data: [UInt8]) throws { try stream.send(Self.frame(0x89, data)) }

  func close(code: Int) throws {
    try stream.send(
      Self.frame(0x88, [UInt8(truncatingIfNeeded: code >> 8), UInt8(truncatingIfNeeded: code)]))
  }

  /// With a key of zeros, so that what is sent is what is masked.
  static func frame(_ first: UInt8, _ data: [UInt8]) -> [UInt8] {
    var head = [first]
    if data.count < 126 {
      head.append(0x80 | UInt8(data.count))
    } else if data.count < 65536 {
      head += [0x80 | 126] + big(data.count, bytes: 2)
    } else {
      head += [0x80 | 127] + big(data.count, bytes: 8)
    }
    return head + [0, 0, 0, 0] + data
  }

  /// The next message; those in pieces are put together.
  func receive() throws -> Event {
    var data: [UInt8] = []
    var kind: UInt8 = 0
    while true {
      let head: [UInt8]
      do { head = try stream.receive(exactly: 2) } catch ByteStream.Trouble.ended { return .end }
      guard head[0] & 0x70 == 0, head[1] & 0x80 == 0 else { throw Failure("no frame: \(head)") }
      var count = Int(head[1])
      if count == 126 { count = Self.number(try stream.receive(exactly: 2)) }
      if count == 127 { count = Self.number(try stream.receive(exactly: 8)) }
      let payload = try stream.receive(exactly: count)
      switch head[0] & 0x0f {
      case 8: return .close(payload.count >= 2 ? Self.number(Array(payload.prefix(2))) : nil)
      case 9: try stream.send(Self.frame(0x8a, payload))
      case 10: return .pong(payload)
      case let code:
        if code != 0 { kind = code }
        data += payload
        if head[0] & 0x80 != 0 { return kind == 1 ? .text(data) : .binary(data) }
      }
    }
  }

  private static func big(_ number: Int, bytes: Int) -> [UInt8] {
    (0..<bytes).reversed().map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }

  private static func number(_ bytes: [UInt8]) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }
}
