import Glibc
import Settings

/// Colours for a terminal; for anything else none, not even those that a build has printed.
struct Colors {
  enum Color: Int { case red = 31, green, yellow, blue, violet, cyan, gray = 90 }

  let isOn: Bool

  /// https://no-color.org: a NO_COLOR that holds anything turns them off.
  init(for descriptor: Int32 = STDOUT_FILENO, _ environment: [String: String]) {
    isOn =
      isatty(descriptor) == 1 && environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
  }

  func paint(_ text: String, _ color: Color, bold: Bool = false) -> String {
    guard isOn else { return Self.plain(text) }
    let start = "\u{1b}[\(bold ? "1;" : "")\(color.rawValue)m"
    // A colour of the text's own ends in a reset, after which ours goes on.
    return start + text.replacing("\u{1b}[0m", with: "\u{1b}[0m" + start) + "\u{1b}[0m"
  }

  /// Without what colours it.
  private static func plain(_ text: String) -> String {
    guard text.utf8.contains(0x1b) else { return text }
    var result: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == 0x1b, rest.first == UInt8(ascii: "[") {
        rest = rest.drop { $0 != UInt8(ascii: "m") }.dropFirst()
      } else {
        result.append(byte)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
