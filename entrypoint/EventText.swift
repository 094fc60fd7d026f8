import JSON

/// Events as people read them.
struct EventText {
  let colors: Colors

  func text(of event: JSONNode) -> String? {
    let message = event["message"]?.string ?? ""
    switch event["type"]?.string {
    case "start": return colors.paint(message, .blue)
    case "phase": return colors.paint("[PHASE] \(message)", .violet, bold: true)
    case "info": return colors.paint("[INFO] \(message)", .blue)
    case "log": return colors.paint(message, .gray)
    case "warn": return colors.paint("[WARN] \(message)", .yellow)
    case "error": return colors.paint("[ERROR] \(message)", .red, bold: true)
    case "success": return colors.paint("[SUCCESS] \(message)", .green)
    case "complete": return colors.paint(message, .green, bold: true)
    default: return nil
    }
  }
}
