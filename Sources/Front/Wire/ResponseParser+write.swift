/// What the client is told about its connection.
enum ConnectionHeader { case none, close, keepAlive, upgrade }

extension ResponseParser {
  /// Writes the head that goes to the client, for the bytes that were parsed last and found complete. Its
  /// length, or -1 if it does not fit. `dropsChunked`: the body goes out without its chunks.
  func write(
    _ bytes: UnsafePointer<UInt8>, to out: UnsafeMutablePointer<UInt8>, capacity: Int, clientMinor: UInt8,
    connection: ConnectionHeader, dropsChunked: Bool
  ) -> Int {
    var writer = HeadWriter(out, capacity: capacity)
    var start = 0
    if head.minorVersion == 0 || status.count < 4 {
      writer.append("HTTP/1.1 ")
      writer.append(bytes, status)
      // RFC 9112 4: the space is there even if the reason is not.
      if status.count < 4 { writer.append(Byte.space) }
      writer.append("\r\n")
      start = fields.start
    }
    var dropped = Field.connection.bit | Field.hop.bit | Field.named.bit
    let upgrades = head.hasUpgrade && (head.status == 101 || head.status == 426)
    if !upgrades { dropped |= Field.upgrade.bit }
    let isBare = head.status < 200 || head.status == 204
    if isBare { dropped |= Field.contentLength.bit }
    // To 304 it adds nothing, and who overlooks the status would wait for chunks.
    if isBare || dropsChunked || clientMinor == 0 || head.status == 304 {
      dropped |= Field.transferEncoding.bit
    }
    writer.append(fields, of: bytes, from: start, dropping: dropped)
    switch connection {
    case .none: writer.append(upgrades ? "Connection: upgrade\r\n\r\n" : "\r\n")
    case .close: writer.append(upgrades ? "Connection: upgrade, close\r\n\r\n" : "Connection: close\r\n\r\n")
    case .keepAlive:
      writer.append(upgrades ? "Connection: upgrade, keep-alive\r\n\r\n" : "Connection: keep-alive\r\n\r\n")
    case .upgrade: writer.append("Connection: upgrade\r\n\r\n")
    }
    return writer.result
  }
}
