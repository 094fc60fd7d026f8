/// The kinds of value that several settings share.
extension SettingsReader {
  private static let durations = "seconds above 0 and up to 7 days, such as 90, 1.5, 90s, 5m or 1h"

  mutating func duration(_ name: String, otherwise fallback: Duration) -> Duration {
    read(name, otherwise: fallback, allowed: Self.durations, Self.parseDuration)
  }

  mutating func duration(_ name: String) -> Duration? {
    read(name, otherwise: nil, allowed: Self.durations, Self.parseDuration)
  }

  mutating func port(_ name: String, otherwise fallback: UInt16) -> UInt16 {
    read(name, otherwise: fallback, allowed: "a port from 1 to 65535") { text throws(Refusal) in
      guard let port = Self.wholeNumber(text).flatMap(UInt16.init(exactly:)), port > 0 else {
        throw Refusal()
      }
      return port
    }
  }

  mutating func count(_ name: String, otherwise fallback: Int, upTo limit: Int) -> Int {
    read(name, otherwise: fallback, allowed: "a whole number from 1 to \(limit)") { text throws(Refusal) in
      guard let count = Self.wholeNumber(text), 1...limit ~= count else { throw Refusal() }
      return count
    }
  }

  /// Always without a slash at the end.
  mutating func folder(_ name: String, otherwise fallback: String) -> String {
    read(name, otherwise: fallback, allowed: "the absolute path of a folder other than /") {
      text throws(Refusal) in
      guard text.hasPrefix("/") else { throw Refusal("which is not absolute") }
      guard !Self.hasControlCharacters(text) else { throw Refusal() }
      let parts = text.split(separator: "/").filter { $0 != "." }
      guard !parts.isEmpty, !parts.contains("..") else { throw Refusal() }
      return "/" + parts.joined(separator: "/")
    }
  }

  /// The path of a request.
  mutating func route(_ name: String) -> String? {
    read(name, otherwise: nil, allowed: Self.routes, Self.parseRoute)
  }

  static let routes = "a path such as /health: it begins with / and holds no space"

  static func parseRoute(_ text: String) throws(Refusal) -> String {
    guard text.hasPrefix("/"), !text.hasPrefix("//"),
      text.utf8.allSatisfy({ 0x21..<0x7f ~= $0 && $0 != 0x23 })
    else { throw Refusal() }
    return text
  }

  func command(_ name: String) -> ShellCommand? {
    value(name).map { ShellCommand(text: $0, isDefault: false) }
  }

  static func hasControlCharacters(_ text: String) -> Bool {
    text.utf8.contains { $0 < 0x20 || $0 == 0x7f }
  }

  /// Digits alone: `Int` would take `+3` as well.
  private static func wholeNumber(_ text: some StringProtocol) -> Int? {
    text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } ? Int(text) : nil
  }

  private static func parseDuration(_ text: String) throws(Refusal) -> Duration {
    let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600]
    let unit = text.last.flatMap { units[$0] }
    let number = (unit == nil ? text[...] : text.dropLast())
      .split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let fraction = number.count == 2 ? number[1] : "0"
    guard let first = number.first, first.utf8.count <= 7, 1...3 ~= fraction.utf8.count,
      let whole = wholeNumber(first), let part = wholeNumber(fraction + "000".dropFirst(fraction.utf8.count))
    else { throw Refusal() }
    let milliseconds = (whole * 1000 + part) * (unit ?? 1)
    guard 1...(7 * 86_400_000) ~= milliseconds else { throw Refusal() }
    return .milliseconds(milliseconds)
  }
}
