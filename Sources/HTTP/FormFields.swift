/// `application/x-www-form-urlencoded`: forms and queries, in their order.
package struct FormFields: Sendable {
  private static let fieldLimit = 1000

  package let all: [(name: String, value: [UInt8])]

  /// nil when it is not well formed.
  package init?(_ bytes: [UInt8]) {
    var fields: [(name: String, value: [UInt8])] = []
    for part in bytes.split(separator: UInt8(ascii: "&")) {
      let name = part.prefix { $0 != UInt8(ascii: "=") }
      guard fields.count < Self.fieldLimit, let decodedName = Percent.decode(name, plusIsSpace: true),
        let value = Percent.decode(part.dropFirst(name.count + 1), plusIsSpace: true)
      else { return nil }
      fields.append((String(decoding: decodedName, as: UTF8.self), value))
    }
    all = fields
  }

  package func bytes(_ name: String) -> [UInt8]? { all.first { $0.name == name }?.value }

  package subscript(_ name: String) -> String? { bytes(name).map { String(decoding: $0, as: UTF8.self) } }
}
