/// An HTTP message as it came over the wire, read by a reader of the tests' own.
struct Message: Sendable, CustomStringConvertible {
  struct Field: Sendable, Equatable, CustomStringConvertible {
    let name: String
    let value: String

    var description: String { "\(name): \(value)" }
  }

  let startLine: String
  let fields: [Field]
  var body: [UInt8] = []
  var trailers: [Field] = []
  /// It ended as its framing says, not with its connection.
  var isWhole = true

  init(head: [UInt8]) throws {
    let lines = head.text.unicodeScalars.split(separator: "\r\n".unicodeScalars).map { String($0) }
    guard let first = lines.first else { throw Failure("an empty head") }
    startLine = first
    fields = try lines.dropFirst().map(Self.field)
  }

  /// A response with a length, and nothing after it.
  init(response bytes: [UInt8]) throws {
    guard let end = bytes.firstIndex(of: [13, 10, 13, 10]) else {
      throw Failure("no response: \(bytes.shown)")
    }
    try self.init(head: Array(bytes[..<(end + 4)]))
    body = Array(bytes[(end + 4)...])
    isWhole = Int(self["content-length"] ?? "") == body.count
  }

  var words: [String] { startLine.split(separator: " ").map { String($0) } }
  var status: Int { words.count > 1 ? Int(words[1]) ?? 0 : 0 }
  var method: String { words.first ?? "" }
  var target: String { words.count > 1 ? words[1] : "" }
  var text: String { body.text }

  subscript(name: String) -> String? { values(of: name).first }

  func values(of name: String) -> [String] {
    fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
  }

  var isChunked: Bool { self["transfer-encoding"]?.lowercased() == "chunked" }
  var closes: Bool { self["connection"]?.lowercased() == "close" }

  var description: String {
    let head = ([startLine] + fields.map { "\($0)" }).joined(separator: "\n")
    return head + "\n\n" + body.shown + (isWhole ? "" : " … and no end")
  }

  static func field(_ line: String) throws -> Field {
    guard let colon = line.unicodeScalars.firstIndex(of: ":") else { throw Failure("no field: \(line)") }
    let isBlank = { (scalar: Unicode.Scalar) in scalar == " " || scalar == "\t" }
    let value = line.unicodeScalars[colon...].dropFirst().drop(while: isBlank)
    let end = value.lastIndex { !isBlank($0) }.map { value.index(after: $0) } ?? value.startIndex
    return Field(name: String(line.unicodeScalars[..<colon]), value: String(value[..<end]))
  }
}

extension ByteStream {
  /// nil when the connection ended instead.
  func readRequest() throws -> Message? {
    guard var message = try readHead() else { return nil }
    try readBody(of: &message, orUntilEnd: false)
    return message
  }

  /// The next response, an interim one too.
  func readResponse(to method: String = "GET") throws -> Message {
    guard var message = try readHead() else { throw Failure("the connection ended without a response") }
    if message.status < 200 || [204, 304].contains(message.status) || method == "HEAD" { return message }
    try readBody(of: &message, orUntilEnd: true)
    return message
  }

  /// A request and its final response.
  func ask(_ text: String) throws -> Message {
    try send(text)
    while true {
      let response = try readResponse(to: String(text.prefix { $0 != " " }))
      if response.status >= 200 || response.status == 101 { return response }
    }
  }

  func get(_ target: String = "/", _ fields: String = "") throws -> Message {
    try ask("GET \(target) HTTP/1.1\r\nHost: h\r\n\(fields)\r\n")
  }

  func post(_ body: String, to target: String = "/", _ fields: String = "") throws -> Message {
    let length = [UInt8](body).count
    return try ask(
      "POST \(target) HTTP/1.1\r\nHost: h\r\nContent-Length: \(length)\r\n\(fields)\r\n\(body)")
  }

  private func readHead() throws -> Message? {
    do {
      let start = try receive(exactly: 1)
      return try Message(head: start + receive(through: "\r\n\r\n"))
    } catch Trouble.ended where ending == .closed {
      return nil
    }
  }

  /// An end in the middle is no failure here: `isWhole` tells.
  private func readBody(of message: inout Message, orUntilEnd: Bool) throws {
    do {
      if message.isChunked {
        try readChunks(of: &message)
      } else if let length = message["content-length"] {
        guard let count = Int(length) else { throw Failure("Content-Length: \(length)") }
        try readExactly(count, of: &message)
      } else if orUntilEnd {
        let rest = receiveRest()
        message.body = rest.bytes
        message.isWhole = rest.ending == .closed
      }
    } catch is Trouble {
      message.isWhole = false
    }
  }

  private func readExactly(_ count: Int, of message: inout Message) throws {
    while message.body.count < count {
      let bytes = try receive()
      guard !bytes.isEmpty else { throw Trouble.ended }
      message.body += bytes
    }
    if message.body.count > count {
      try putBack(Array(message.body[count...]))
      message.body.removeLast(message.body.count - count)
    }
  }

  private func readChunks(of message: inout Message) throws {
    while true {
      let line = try receive(through: "\r\n").dropLast(2).prefix { $0 != UInt8(ascii: ";") }
      guard let size = Int(line.text, radix: 16) else { throw Failure("a chunk of size \(line.shown)") }
      if size == 0 { break }
      let data = try receive(exactly: size + 2)
      guard data.suffix(2) == [13, 10] else { throw Failure("a chunk longer than its size") }
      message.body += data.dropLast(2)
    }
    while true {
      let line = try receive(through: "\r\n").dropLast(2)
      if line.isEmpty { return }
      message.trailers.append(try Message.field(line.text))
    }
  }
}
