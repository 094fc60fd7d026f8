import Foundation

/// docker/compose.yaml, as far as lines tell.
struct ComposeFile {
  private let lines: [String]

  init() throws {
    let text = try String(contentsOfFile: Toolbox.checkout + "/docker/compose.yaml", encoding: .utf8)
    lines = text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.hasPrefix("#") }
  }

  /// Of the first line `name: value`.
  func value(_ name: String) -> String? {
    lines.first { $0.hasPrefix(name + ": ") }.map { String($0.dropFirst(name.count + 2)) }
  }

  /// The `- item` lines below `name:`.
  func list(_ name: String) -> [String] {
    lines.drop { $0 != name + ":" }.dropFirst().prefix { $0.hasPrefix("- ") }.map { String($0.dropFirst(2)) }
  }
}
