/// What the app is told about who asks.
struct ForwardedClient {
  var address: UnsafePointer<UInt8>
  var addressLength: Int
  /// What it says about those before it is believed.
  var isTrusted: Bool
  /// 32 hex digits.
  var requestID: UnsafePointer<UInt8>
}

extension RequestParser {
  /// Writes the head that goes to the app, for the bytes that were parsed last and found complete. Its length,
  /// or -1 if it does not fit.
  func write(
    _ bytes: UnsafePointer<UInt8>, to out: UnsafeMutablePointer<UInt8>, capacity: Int, client: ForwardedClient
  ) -> Int {
    var writer = HeadWriter(out, capacity: capacity)
    var start = head.methodName.start
    if head.isAbsolute || head.minorVersion == 0 {
      writeStart(bytes, &writer)
      start = fields.start
    }
    if holdsSession(bytes) {
      writeWithoutSession(bytes, from: start, dropping: dropped(client), &writer)
    } else {
      writer.append(fields, of: bytes, from: start, dropping: dropped(client))
    }
    if head.upgrade != .none { writer.append("Connection: upgrade\r\n") }
    writeForwarding(bytes, client, &writer)
    return writer.result
  }

  private func writeStart(_ bytes: UnsafePointer<UInt8>, _ writer: inout HeadWriter) {
    writer.append(bytes, head.methodName)
    writer.append(Byte.space)
    if head.targetPrefix != 0 { writer.append(head.targetPrefix) }
    writer.append(bytes, head.target)
    writer.append(" HTTP/1.1\r\n")
    if head.host.count == 0 {
      writer.append("Host: localhost\r\n")
    } else if head.isAbsolute {
      writer.append("Host: ")
      writer.append(bytes, head.host)
      writer.append("\r\n")
    }
  }

  @inline(__always)
  private func dropped(_ client: ForwardedClient) -> UInt32 {
    var dropped = Field.connection.bit | Field.hop.bit | Field.named.bit | Field.forwardedFor.bit
    if !client.isTrusted {
      dropped |=
        Field.forwardedProto.bit | Field.forwardedHost.bit | Field.forwardedOther.bit | Field.requestID.bit
    }
    if head.upgrade == .none { dropped |= Field.upgrade.bit }
    if head.minorVersion == 0 { dropped |= Field.expect.bit }
    if head.isAbsolute { dropped |= Field.host.bit }
    return dropped
  }

  @inline(__always)
  private func writeForwarding(
    _ bytes: UnsafePointer<UInt8>, _ client: ForwardedClient, _ writer: inout HeadWriter
  ) {
    writer.append("X-Forwarded-For: ")
    if client.isTrusted, fields.has(.forwardedFor) { writeForwardedFor(bytes, &writer) }
    writer.append(client.address, client.addressLength)
    if !client.isTrusted || !fields.has(.forwardedProto) { writer.append("\r\nX-Forwarded-Proto: http") }
    if head.host.count > 0, !client.isTrusted || !fields.has(.forwardedHost) {
      writer.append("\r\nX-Forwarded-Host: ")
      writer.append(bytes, head.host)
    }
    if !client.isTrusted || !fields.has(.requestID) {
      writer.append("\r\nX-Request-Id: ")
      writer.append(client.requestID, 32)
    }
    writer.append("\r\n\r\n")
  }

  /// What the proxies before this one saw, all in one line.
  private func writeForwardedFor(_ bytes: UnsafePointer<UInt8>, _ writer: inout HeadWriter) {
    for index in 0..<fields.count where fields.lines[index].field == .forwardedFor {
      let value = fields.lines[index].value
      guard value.count > 0 else { continue }
      writer.append(bytes, value)
      writer.append(", ")
    }
  }
}
