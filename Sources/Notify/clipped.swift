extension String {
  /// At most `limit` scalars.
  func clipped(to limit: Int) -> String {
    let scalars = unicodeScalars
    guard let end = scalars.index(scalars.startIndex, offsetBy: limit, limitedBy: scalars.endIndex),
      end != scalars.endIndex
    else { return self }
    return String(scalars[..<scalars.index(before: end)]) + "…"
  }

  /// One line without control characters: for headings and for logs.
  var oneLine: String {
    String(
      String.UnicodeScalarView(
        unicodeScalars.map { scalar in
          switch scalar.properties.generalCategory {
          case .control, .format, .lineSeparator, .paragraphSeparator: " "
          default: scalar
          }
        }))
  }

  /// Its first line, as git shows a commit.
  var subject: String {
    String(String.UnicodeScalarView(unicodeScalars.prefix { $0 != "\n" && $0 != "\r" })).oneLine
  }
}
