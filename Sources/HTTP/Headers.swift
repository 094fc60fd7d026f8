/// The header lines of one message, kept as they came: names and values are ranges of the same bytes.
package struct Headers: Sendable {
  private struct Field {
    let start: Int
    let nameEnd: Int
    let end: Int
  }

  private var bytes: [UInt8] = []
  private var fields: [Field] = []

  package init() {}

  package init(_ fields: [(name: String, value: String)]) {
    for field in fields { append(name: field.name.utf8, value: field.value.utf8) }
  }

  package var count: Int { fields.count }
  var byteCount: Int { bytes.count }

  /// The value, when the header is there once.
  package subscript(_ name: String) -> String? {
    var value: ArraySlice<UInt8>?
    for field in fields where bytes[field.start..<field.nameEnd].equalsIgnoringCase(name) {
      if value != nil { return nil }
      value = bytes[field.nameEnd..<field.end]
    }
    return value.map { String(decoding: $0, as: UTF8.self) }
  }

  package func values(_ name: String) -> [String] {
    fields.filter { bytes[$0.start..<$0.nameEnd].equalsIgnoringCase(name) }
      .map { String(decoding: bytes[$0.nameEnd..<$0.end], as: UTF8.self) }
  }

  package var all: [(name: String, value: String)] {
    fields.map {
      (
        String(decoding: bytes[$0.start..<$0.nameEnd], as: UTF8.self),
        String(decoding: bytes[$0.nameEnd..<$0.end], as: UTF8.self)
      )
    }
  }

  /// Whether a list such as `Connection` names the token, in any of its lines.
  package func lists(_ token: String, in name: String) -> Bool {
    values(name).contains { value in
      value.utf8.split(separator: UInt8(ascii: ",")).contains { part in
        Array(part).trimmed().equalsIgnoringCase(token)
      }
    }
  }

  mutating func reserve(bytes: Int, fields: Int) {
    self.bytes.reserveCapacity(bytes)
    self.fields.reserveCapacity(fields)
  }

  /// Takes one line without its CR LF.
  mutating func append(line: ArraySlice<UInt8>) throws(HTTPFailure) {
    guard let first = line.first, !ASCII.isBlank(first) else {
      throw .malformed("A header line begins with a blank.")
    }
    guard let colon = line.firstIndex(where: { !ASCII.isToken($0) }), line[colon] == ASCII.colon,
      colon > line.startIndex
    else { throw .malformed("A header has no valid name.") }
    let value = line[(colon + 1)...]
    guard value.allSatisfy(ASCII.isText) else {
      throw .malformed("A header's value contains a control character.")
    }
    append(name: line[..<colon], value: value.trimmed())
  }

  private mutating func append(name: some Collection<UInt8>, value: some Collection<UInt8>) {
    let start = bytes.count
    bytes.append(contentsOf: name)
    let nameEnd = bytes.count
    bytes.append(contentsOf: value)
    fields.append(Field(start: start, nameEnd: nameEnd, end: bytes.count))
  }
}

extension RandomAccessCollection<UInt8> {
  func trimmed() -> SubSequence {
    var part = self[...]
    while let first = part.first, ASCII.isBlank(first) { part = part.dropFirst() }
    while let last = part.last, ASCII.isBlank(last) { part = part.dropLast() }
    return part
  }
}
