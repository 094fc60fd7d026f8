/// One value of a document.
package struct JSONNode: Sendable {
  package enum Kind: Sendable { case null, bool, number, string, array, object }

  let document: JSONDocument
  let index: Int

  private var entry: JSONDocument.Entry { document.tape[index] }

  package var kind: Kind { entry.kind }
  package var isNull: Bool { entry.kind == .null }

  package var string: String? {
    guard entry.kind == .string else { return nil }
    let slice = document.bytes[entry.range]
    return entry.escaped ? JSONEscapes.decode(slice) : String(decoding: slice, as: UTF8.self)
  }

  package var bool: Bool? {
    entry.kind == .bool ? document.bytes[Int(entry.start)] == UInt8(ascii: "t") : nil
  }

  package var int: Int? {
    guard entry.kind == .number else { return nil }
    return Int(String(decoding: document.bytes[entry.range], as: UTF8.self))
  }

  package var double: Double? {
    guard entry.kind == .number else { return nil }
    return Double(String(decoding: document.bytes[entry.range], as: UTF8.self))
  }

  /// The member of that name; of several, the first.
  package subscript(_ key: String) -> JSONNode? {
    guard entry.kind == .object else { return nil }
    let end = Int(entry.next)
    var position = index + 1
    while position < end {
      let name = JSONNode(document: document, index: position)
      if name.equals(key) { return JSONNode(document: document, index: position + 1) }
      position = Int(document.tape[position + 1].next)
    }
    return nil
  }

  package var elements: [JSONNode] {
    guard entry.kind == .array else { return [] }
    var nodes: [JSONNode] = []
    let end = Int(entry.next)
    var position = index + 1
    while position < end {
      nodes.append(JSONNode(document: document, index: position))
      position = Int(document.tape[position].next)
    }
    return nodes
  }

  package var members: [(key: String, value: JSONNode)] {
    guard entry.kind == .object else { return [] }
    var pairs: [(key: String, value: JSONNode)] = []
    let end = Int(entry.next)
    var position = index + 1
    while position < end {
      let value = JSONNode(document: document, index: position + 1)
      pairs.append((JSONNode(document: document, index: position).string ?? "", value))
      position = Int(document.tape[position + 1].next)
    }
    return pairs
  }

  private func equals(_ key: String) -> Bool {
    // Byte for byte: `==` would take the sign for kelvin for the letter.
    if entry.escaped { return string?.utf8.elementsEqual(key.utf8) == true }
    var key = key
    return key.withUTF8 { key in
      key.count == entry.range.count
        && document.bytes.withUnsafeBytes { bytes in
          UnsafeRawBufferPointer(rebasing: bytes[entry.range]).elementsEqual(key)
        }
    }
  }
}
