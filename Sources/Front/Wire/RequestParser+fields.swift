extension RequestParser {
  /// What the fields say together. Only once all of them have come, so that it does not depend on the order.
  mutating func readFields(_ bytes: UnsafePointer<UInt8>) throws(Refusal) {
    var found = Found()
    for index in 0..<fields.count {
      let line = fields.lines[index]
      switch line.field {
      case .host:
        found.hosts &+= 1
        found.host = line.value
      case .contentLength:
        found.lengths &+= 1
        found.length = line.value
      case .transferEncoding:
        found.codings &+= 1
        found.coding = line.value
      case .connection: try fields.readConnection(bytes, line.value)
      case .expect: try readExpect(bytes, line.value)
      default: break
      }
    }
    try readHost(bytes, found)
    try readFraming(bytes, found)
    head.keepsAlive = !fields.saysClose && (head.minorVersion > 0 || fields.saysKeepAlive)
    if head.framing == .none { head.expectsContinue = false }
    if fields.saysUpgrade, head.minorVersion > 0, head.framing == .none { readUpgrade(bytes) }
    fields.markNamed(bytes)
  }

  private struct Found {
    var hosts = 0
    var host = ByteRange()
    var lengths = 0
    var length = ByteRange()
    var codings = 0
    var coding = ByteRange()
  }

  @inline(__always)
  private mutating func readHost(_ bytes: UnsafePointer<UInt8>, _ found: Found) throws(Refusal) {
    guard found.hosts == 1 else {
      if found.hosts == 0, head.minorVersion == 0 { return }
      throw Refusal(
        status: 400, reason: found.hosts == 0 ? "HTTP/1.1 without Host." : "Host more than once.")
    }
    guard Authority.isValid(bytes, found.host, fields.classes) else {
      throw Refusal(status: 400, reason: "No valid host in Host.")
    }
    if !head.isAbsolute { head.host = found.host }
  }

  @inline(__always)
  private mutating func readFraming(_ bytes: UnsafePointer<UInt8>, _ found: Found) throws(Refusal) {
    if found.codings > 0 {
      try readCoding(bytes, found)
    } else if found.lengths > 0 {
      guard found.lengths == 1 else { throw Refusal(status: 400, reason: "Content-Length more than once.") }
      guard let length = decimal(bytes, found.length) else {
        throw Refusal(status: 400, reason: "A Content-Length that is no number of bytes.")
      }
      head.contentLength = length
      head.framing = length > 0 ? .length : .none
    }
  }

  private mutating func readCoding(_ bytes: UnsafePointer<UInt8>, _ found: Found) throws(Refusal) {
    guard found.lengths == 0 else {
      throw Refusal(status: 400, reason: "Both Content-Length and Transfer-Encoding.")
    }
    guard found.codings == 1 else { throw Refusal(status: 400, reason: "Transfer-Encoding more than once.") }
    guard head.minorVersion > 0 else { throw Refusal(status: 400, reason: "Transfer-Encoding in HTTP/1.0.") }
    switch TransferCoding(bytes, found.coding) {
    case .chunked: head.framing = .chunked
    // RFC 9112 6.1 asks for 501 where only the coding is unknown, 6.3 for 400 where the length is.
    case .unknown: throw Refusal(status: 501, reason: "A transfer coding that is not known here.")
    case .unclear: throw Refusal(status: 400, reason: "A Transfer-Encoding that is not chunked.")
    }
  }

  /// RFC 9110 10.1.1: it means nothing in HTTP/1.0.
  private mutating func readExpect(_ bytes: UnsafePointer<UInt8>, _ value: ByteRange) throws(Refusal) {
    guard head.minorVersion > 0 else { return }
    guard sameText(bytes, value, "100-continue") else {
      throw Refusal(status: 417, reason: "An expectation that is not known here.")
    }
    head.expectsContinue = true
  }

  private mutating func readUpgrade(_ bytes: UnsafePointer<UInt8>) {
    var found = Upgrade.none
    for index in 0..<fields.count where fields.lines[index].field == .upgrade {
      var elements = ListElements(fields.lines[index].value)
      while let element = elements.next(bytes) {
        guard element.count > 0 else { continue }
        // In such a tunnel every further request would pass by all that is checked and added here.
        if sameText(bytes, element, "h2c") { return }
        let isOnly = found == .none && sameText(bytes, element, "websocket")
        found = isOnly && head.method == .get ? .webSocket : .other
      }
    }
    head.upgrade = found
  }
}
