/// A parsed text as a tape: one entry a value, in order, each knowing where the next sibling starts.
/// Everything is checked while parsing; a string is only decoded when somebody asks for it.
package final class JSONDocument: Sendable {
  struct Entry {
    /// Bytes of the value, without the quotes of a string.
    let start: UInt32
    var end: UInt32
    /// Index of the entry after this value and all inside it.
    var next: UInt32
    let kind: JSONNode.Kind
    let escaped: Bool

    var range: Range<Int> { Int(start)..<Int(end) }
  }

  let bytes: [UInt8]
  let tape: [Entry]

  package init(bytes: [UInt8], maximumDepth: Int = 64) throws(JSONError) {
    var parser = JSONParser(maximumDepth: maximumDepth)
    tape = try parser.parse(bytes)
    self.bytes = bytes
  }

  package convenience init(text: String) throws(JSONError) { try self.init(bytes: Array(text.utf8)) }

  package var root: JSONNode { JSONNode(document: self, index: 0) }
}

package struct JSONError: Error, Equatable, CustomStringConvertible {
  package let offset: Int
  package let reason: String

  package var description: String { "not valid JSON at byte \(offset): \(reason)" }
}
