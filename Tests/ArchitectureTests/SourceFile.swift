/// One file as the rules see it.
struct SourceFile {
  /// From the root of the repository: `Sources/Linux/Files.swift`.
  let path: String
  let text: String

  var module: String {
    let parts = path.split(separator: "/")
    return String(parts.first == "Sources" && parts.count > 1 ? parts[1] : parts.first ?? "")
  }

  var lineCount: Int { text.split(separator: "\n", omittingEmptySubsequences: false).count - 1 }

  /// Modules in the import lines, whatever stands around the word `import`: attributes, access, a kind.
  var imports: [String] {
    code.split(separator: "\n").flatMap { $0.split(separator: ";") }.compactMap { line in
      let words = line.split(separator: " ")
      guard let position = words.firstIndex(of: "import"),
        words[..<position].allSatisfy({ $0.hasPrefix("@") || Self.access.contains(String($0)) })
      else { return nil }
      return words[position...].dropFirst().first { !Self.kinds.contains(String($0)) }
        .flatMap { $0.split(separator: ".").first }.map(String.init)
    }
  }

  var words: Set<String> {
    Set(code.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init))
  }

  private static let access: Set<String> = ["public", "package", "internal", "fileprivate", "private"]
  private static let kinds: Set<String> = [
    "typealias", "struct", "class", "enum", "protocol", "let", "var", "func",
  ]

  /// The text without comments and without what stands in quotes. What is interpolated into a string goes too;
  /// that hides less than it costs to tell apart.
  private var code: String {
    text.replacing(/\/\*(?s:.*?)\*\/|"""(?s:.*?)"""|"(?:\\.|[^"\\\n])*"|\/\/[^\n]*/, with: "")
  }
}
