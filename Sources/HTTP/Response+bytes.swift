extension Response {
  package enum Framing: Sendable {
    case length
    case chunked
    case untilClose
  }

  /// The whole message, to be sent in one write.
  package func bytes(to method: String, keepsAlive: Bool) -> [UInt8] {
    var result = headBytes(.length, keepsAlive: keepsAlive, extraCapacity: body.count)
    if method != "HEAD", hasBody { result += body }
    return result
  }

  package func headBytes(_ framing: Framing, keepsAlive: Bool, extraCapacity: Int = 0) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(512 + extraCapacity)
    result += "HTTP/1.1 ".utf8
    result += String(status).utf8
    result += " ".utf8
    result += Status.reason(status).utf8
    result += "\r\n".utf8
    for header in headers { Self.append(header.name, header.value, to: &result) }
    if !headers.contains(where: { $0.name.utf8.equalsIgnoringCase("Cache-Control") }) {
      result += "Cache-Control: no-store\r\n".utf8
    }
    switch framing {
    case .length where hasBody: Self.append("Content-Length", String(body.count), to: &result)
    case .length, .untilClose: break
    case .chunked: result += "Transfer-Encoding: chunked\r\n".utf8
    }
    result += keepsAlive ? "Connection: keep-alive\r\n\r\n".utf8 : "Connection: close\r\n\r\n".utf8
    return result
  }

  private var hasBody: Bool { status >= 200 && status != 204 && status != 304 }

  /// A line break in a value would begin a header of its sender's choosing.
  private static func append(_ name: String, _ value: String, to result: inout [UInt8]) {
    result += name.utf8
    result += ": ".utf8
    result += value.utf8.lazy.map { ASCII.isText($0) ? $0 : ASCII.space }
    result += "\r\n".utf8
  }
}
