/// Names of branches, tags and commits that come from outside, before git sees them.
package enum RefName {
  /// What is wrong with it, as a sentence; nil for a name that git would take for a ref and nothing else.
  package static func problem(with name: String) -> String? {
    let shown = printable(name, limit: 80)
    if name.isEmpty { return "The ref is empty." }
    if name.utf8.count > 250 { return "The ref is longer than 250 bytes: \(shown)…" }
    if name.hasPrefix("-") { return "The ref begins with a dash, which git takes for an option: \(shown)" }
    if name.unicodeScalars.contains(where: isForbidden) {
      return "The ref contains a character that no ref may have: \(shown)"
    }
    for part in ["..", "@{", "//", "/."] where name.contains(part) {
      return "The ref contains \(part), which no ref may have: \(shown)"
    }
    if name == "@" || name.hasPrefix("/") || name.hasPrefix(".") {
      return "The ref does not begin as a ref does: \(shown)"
    }
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    if name.hasSuffix("/") || name.hasSuffix(".") || parts.contains(where: { $0.hasSuffix(".lock") }) {
      return "The ref does not end as a ref does: \(shown)"
    }
    return nil
  }

  /// A full hash, SHA-1 or SHA-256.
  package static func isCommit(_ text: String) -> Bool {
    let count = text.utf8.count
    return (count == 40 || count == 64)
      && text.utf8.allSatisfy {
        switch $0 {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
        default: false
        }
      }
  }

  private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value <= 0x20 || scalar.value == 0x7f || "~^:?*[\\".unicodeScalars.contains(scalar)
  }
}
