/// The first line of what a stranger wrote, fit for a log and a terminal.
func printable(_ text: String, limit: Int) -> String {
  if text.utf8.allSatisfy({ 0x20...0x7e ~= $0 }) { return String(text.prefix(limit)) }
  let line = text.unicodeScalars.prefix { $0 != "\n" && $0 != "\r" }.prefix(limit)
  return String(String.UnicodeScalarView(line.map { $0.properties.isPrintable ? $0 : " " }))
}

extension Unicode.Scalar.Properties {
  var isPrintable: Bool {
    switch generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
    default: true
    }
  }
}
