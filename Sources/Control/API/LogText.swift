import JSON

/// Events as people read them: raw lines of commands with their colours, everything else with its kind.
enum LogText {
  static func text(of lines: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(lines.count)
    for line in lines.split(separator: 0x0a) {
      guard let event = try? JSONDocument(bytes: Array(line)).root else { continue }
      append(event, to: &text)
    }
    return text
  }

  private static func append(_ event: JSONNode, to text: inout [UInt8]) {
    switch event["type"]?.string {
    case "phase": text += "[PHASE] ".utf8
    case "info": text += "[INFO] ".utf8
    case "warn": text += "[WARN] ".utf8
    case "error": text += "[ERROR] ".utf8
    case "success": text += "[SUCCESS] ".utf8
    case "log", "start", "complete": break
    default: return
    }
    text += (event["message"]?.string ?? "").utf8
    text.append(0x0a)
  }
}
