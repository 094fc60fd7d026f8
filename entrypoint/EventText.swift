import JSON

/// Events as people read them.
enum EventText {
  static func text(of event: JSONNode) -> String? {
    let message = event["message"]?.string ?? ""
    switch event["type"]?.string {
    case "phase": return "[PHASE] \(message)"
    case "info": return "[INFO] \(message)"
    case "warn": return "[WARN] \(message)"
    case "error": return "[ERROR] \(message)"
    case "success": return "[SUCCESS] \(message)"
    case "log", "start", "complete": return message
    default: return nil
    }
  }

  /// What was read, written again on one line.
  static func compact(_ node: JSONNode) -> String { value(node).text }

  private static func value(_ node: JSONNode) -> JSONValue {
    switch node.kind {
    case .null: .null
    case .bool: .bool(node.bool ?? false)
    case .number: node.int.map { .int(Int64($0)) } ?? .double(node.double ?? 0)
    case .string: .string(node.string ?? "")
    case .array: .array(node.elements.map(value))
    case .object: .object(node.members.map { ($0.key, value($0.value)) })
    }
  }
}
