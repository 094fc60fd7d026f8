import Testing

/// A request that is refused: what is sent, and with which status it may be answered.
struct Refused: Sendable {
  let name: String
  let bytes: [UInt8]
  let statuses: [Int]

  init(_ name: String, _ text: String, _ statuses: Int...) {
    self.init(name, text, among: statuses)
  }

  /// One field, or more, of an otherwise good request.
  static func field(_ lines: String, _ statuses: Int..., method: String = "POST") -> Refused {
    Refused(lines, "\(method) / HTTP/1.1\r\nHost: h\r\n\(lines)\r\n\r\n", among: statuses)
  }

  static func line(_ line: String, _ statuses: Int...) -> Refused {
    Refused(line, "\(line)\r\nHost: h\r\n\r\n", among: statuses)
  }

  var head: [UInt8] { Array(bytes[..<headLength]) }

  var withoutHead: Refused {
    Refused(name, bytes[headLength...].text, among: statuses)
  }

  private var headLength: Int { (bytes.firstIndex(of: [13, 10, 13, 10]) ?? 0) + 4 }

  private init(_ name: String, _ text: String, among statuses: [Int]) {
    self.name = name.unicodeScalars.prefix(100).map { $0.escaped(asASCII: true) }.joined()
    bytes = [UInt8](text)
    self.statuses = statuses.isEmpty ? [400] : statuses
  }
}

/// Those of one kind.
struct RefusedTable: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let requests: [Refused]

  init(_ name: String, _ requests: [Refused]) {
    testDescription = name
    self.requests = requests
  }

  static let heads = [
    RefusedTable("Host", Refused.hosts), RefusedTable("Content-Length", Refused.lengths),
    RefusedTable("Transfer-Encoding", Refused.codings), RefusedTable("fields", Refused.fields),
    RefusedTable("request lines", Refused.lines), RefusedTable("targets", Refused.targets),
    RefusedTable("sizes", Refused.large),
  ]
}
