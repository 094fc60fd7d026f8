extension String {
  /// Fit for a log and a terminal: no line break, no control or formatting character.
  var isOneLine: Bool { unicodeScalars.allSatisfy(\.isPrintable) }

  /// The same with line breaks and tabs.
  var isText: Bool { unicodeScalars.allSatisfy { $0 == "\n" || $0 == "\t" || $0.isPrintable } }
}

extension Unicode.Scalar {
  fileprivate var isPrintable: Bool {
    if value < 0x7f { return value >= 0x20 }
    return switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator, .surrogate: false
    // What turns the direction of writing round makes a line look like another.
    case .format: !(0x202a...0x202e ~= value || 0x2066...0x2069 ~= value)
    default: true
    }
  }
}
