import JSON

/// What was read, written again on one line.
enum JSONText {
  static func compact(_ node: JSONNode) -> String { JSONValue(node).text }
}
