extension ResponseParser {
  mutating func readFields(_ bytes: UnsafePointer<UInt8>, to method: Method) throws(Refusal) {
    var lengths = 0
    var length = ByteRange()
    var codings = 0
    var coding = ByteRange()
    for index in 0..<fields.count {
      let line = fields.lines[index]
      switch line.field {
      case .contentLength:
        lengths &+= 1
        length = line.value
      case .transferEncoding:
        codings &+= 1
        coding = line.value
      case .connection: try fields.readConnection(bytes, line.value)
      case .contentType: head.isEventStream = isEventStream(bytes, line.value)
      case .contentEncoding: head.isEncoded = !sameText(bytes, line.value, "identity")
      case .upgrade: head.hasUpgrade = true
      default: break
      }
    }
    head.framing = .untilClose
    if codings > 0 {
      guard lengths == 0 else {
        throw Refusal(status: 502, reason: "Both Content-Length and Transfer-Encoding.")
      }
      guard codings == 1, head.minorVersion > 0, case .chunked = TransferCoding(bytes, coding) else {
        throw Refusal(status: 502, reason: "A Transfer-Encoding that is not chunked, and only that.")
      }
      head.framing = .chunked
    } else if lengths > 0 {
      guard lengths == 1, let number = decimal(bytes, length) else {
        throw Refusal(status: 502, reason: "A Content-Length that is not one number of bytes.")
      }
      head.contentLength = number
      head.framing = number > 0 ? .length : .none
    }
    if head.status < 200 || head.status == 204 || head.status == 304 || method == .head {
      head.framing = .none
    }
    head.keepsAlive =
      !fields.saysClose && (head.minorVersion > 0 || fields.saysKeepAlive) && head.framing != .untilClose
    fields.markNamed(bytes)
  }

  private func isEventStream(_ bytes: UnsafePointer<UInt8>, _ value: ByteRange) -> Bool {
    let name = ByteRange(start: value.start, count: min(value.count, 17))
    guard sameText(bytes, name, "text/event-stream") else { return false }
    return value.count == 17 || bytes[name.end] == Byte.semicolon || isBlank(bytes[name.end])
  }
}
