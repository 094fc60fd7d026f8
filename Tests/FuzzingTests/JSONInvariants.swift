import JSON

enum JSONInvariants {
  static func violation(_ bytes: [UInt8]) -> String? {
    wrong(text: String(decoding: bytes, as: UTF8.self)) ?? wrong(document: bytes)
  }

  /// Any text comes back as it was written.
  private static func wrong(text: String) -> String? {
    guard let node = try? JSONDocument(bytes: JSONValue.string(text).bytes).root else {
      return "a text that was written cannot be read"
    }
    return node.string?.isSameBytes(as: text) == true ? nil : "a text came back as another"
  }

  private static func wrong(document bytes: [UInt8]) -> String? {
    guard let root = try? JSONDocument(bytes: bytes).root else { return nil }
    if let problem = wrong(node: root) { return problem }
    let written = JSONValue(root).bytes
    guard let again = try? JSONDocument(bytes: written).root else { return "what was read cannot be written" }
    if JSONValue(again).bytes != written { return "what was written is read as something else" }
    guard bytes.first == UInt8(ascii: "{") || bytes.first == UInt8(ascii: "[") else { return nil }
    let cut = bytes.prefix { $0 != 0 }.lastIndex { $0 == UInt8(ascii: "}") || $0 == UInt8(ascii: "]") } ?? 0
    return (try? JSONDocument(bytes: Array(bytes[..<cut]))) == nil ? nil : "it is whole also without its end"
  }

  private static func wrong(node: JSONNode) -> String? {
    switch node.kind {
    case .null: return node.isNull ? nil : "null is not null"
    case .bool: return node.bool == nil ? "neither true nor false" : nil
    case .string: return node.string == nil ? "a string without a text" : nil
    case .number:
      guard let double = node.double else { return "a number without a value" }
      if let int = node.int, double != Double(int) { return "a number that is two" }
      return nil
    case .array: return node.elements.lazy.compactMap(wrong).first
    case .object:
      let members = node.members
      for (key, value) in members {
        guard let found = node[key], let first = members.first(where: { $0.key.isSameBytes(as: key) }) else {
          return "a member that is not found by its name"
        }
        if JSONValue(found).bytes != JSONValue(first.value).bytes { return "the member of another name" }
        if let problem = wrong(node: value) { return problem }
      }
      return nil
    }
  }
}
