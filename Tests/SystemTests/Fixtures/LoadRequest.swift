import Glibc

/// One request of a load, with all that its answer has to be.
struct LoadRequest {
  let id: String
  let bytes: [UInt8]
  let method: String
  let body: [UInt8]

  /// `kind`: 0 and 1 a GET, 2 a POST with a length, 3 a chunked one.
  init(_ id: String, _ kind: Int, _ size: Int) {
    self.id = id
    method = kind < 2 ? "GET" : "POST"
    let head = "\(method) /echo/\(id) HTTP/1.1\r\nHost: h\r\nX-Id: \(id)\r\n"
    switch kind {
    case 0, 1:
      body = Array("GET /echo/\(id)".utf8)
      bytes = Array((head + "\r\n").utf8)
    case 2:
      body = Pattern.bytes(size + 1, from: size)
      bytes = Array((head + "Content-Length: \(size + 1)\r\n\r\n").utf8) + body
    default:
      body = Pattern.bytes(size + 2, from: size)
      let half = body.count / 2
      var bytes = Array((head + "Transfer-Encoding: chunked\r\n\r\n\(String(half, radix: 16))\r\n").utf8)
      bytes += body[..<half]
      bytes += Array("\r\n\(String(body.count - half, radix: 16));x=y\r\n".utf8)
      bytes += body[half...]
      bytes += Array("\r\n0\r\n\r\n".utf8)
      self.bytes = bytes
    }
  }
}

/// Its answer, read with less effort than `Message` takes: there are many of them.
struct LoadResponse {
  let head: [UInt8]
  let body: [UInt8]
  let release: String

  init(from stream: ByteStream) throws {
    head = try stream.receive(through: "\r\n\r\n")
    release = Self.value("X-Release", in: head) ?? "?"
    guard let length = Self.value("Content-Length", in: head).flatMap({ Int($0) }) else {
      throw Failure("an answer without a length: \(head.shown)")
    }
    body = length == 0 ? [] : try stream.receive(exactly: length)
  }

  var closes: Bool { Self.value("Connection", in: head)?.lowercased() == "close" }

  /// What is wrong with it.
  func problem(as request: LoadRequest) -> String? {
    guard head.firstIndex(of: Self.fine) == 0 else { return "\(head.shown)\(body.shown)" }
    guard Self.value("X-Id", in: head) == request.id else { return "another's answer: \(head.shown)" }
    guard Self.value("X-Method", in: head) == request.method else { return "another method: \(head.shown)" }
    guard Self.value("X-Target", in: head) == "/echo/\(request.id)" else {
      return "another target: \(head.shown)"
    }
    guard body.count == request.body.count, memcmp(body, request.body, body.count) == 0 else {
      return "\(body.count) bytes came instead of \(request.body.count), or others"
    }
    return nil
  }

  private static let fine = Array("HTTP/1.1 200 ".utf8)

  /// As Bun spells it.
  private static func value(_ name: String, in head: [UInt8]) -> String? {
    guard let start = head.firstIndex(of: Array("\r\n\(name): ".utf8)) else { return nil }
    let first = start + 4 + name.utf8.count
    return head.firstIndex(of: [13, 10], from: first).map {
      String(decoding: head[first..<$0], as: UTF8.self)
    }
  }
}
