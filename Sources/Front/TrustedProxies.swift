import Glibc

/// Whose forwarding headers are believed: addresses, ranges, `loopback`, `private`, `all`.
package struct TrustedProxies: Sendable, Equatable {
  package static let none = TrustedProxies()

  private struct Range: Sendable, Equatable {
    let isIPv4: Bool
    let bytes: [UInt8]
    let bits: Int

    func contains(_ other: [UInt8], isIPv4: Bool) -> Bool {
      guard isIPv4 == self.isIPv4, other.count == bytes.count else { return false }
      let whole = bits / 8
      guard other.prefix(whole) == bytes.prefix(whole) else { return false }
      guard bits % 8 != 0 else { return true }
      let mask = UInt8(truncatingIfNeeded: 0xff00 >> (bits % 8))
      return other[whole] & mask == bytes[whole] & mask
    }
  }

  package struct ParseError: Error, Equatable {
    package let part: String
  }

  private var ranges: [Range] = []

  private init() {}

  private static let words: [String: [String]] = [
    "loopback": ["127.0.0.0/8", "::1/128"],
    "private": ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10"],
    "all": ["0.0.0.0/0", "::/0"],
  ]

  package init(parsing text: String) throws(ParseError) {
    for part in text.split(whereSeparator: { $0 == "," || $0 == " " || $0 == "\t" }) {
      for range in Self.words[part.lowercased()] ?? [String(part)] {
        guard let range = Self.range(range) else { throw ParseError(part: String(part)) }
        ranges.append(range)
      }
    }
  }

  /// For a setting: what is wrong with it, or nil.
  package static func problem(in text: String) -> String? {
    do throws(ParseError) {
      _ = try TrustedProxies(parsing: text)
      return nil
    } catch {
      return
        "of which \(error.part) is no address; it may hold addresses, ranges such as 10.0.0.0/8, and the words "
        + "loopback, private and all"
    }
  }

  private static func range(_ text: String) -> Range? {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, let (bytes, isIPv4) = address(String(first)) else { return nil }
    guard parts.count == 2 else { return Range(isIPv4: isIPv4, bytes: bytes, bits: bytes.count * 8) }
    guard parts[1].utf8.count <= 3, parts[1].utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let bits = Int(parts[1]),
      bits <= bytes.count * 8
    else { return nil }
    return Range(isIPv4: isIPv4, bytes: bytes, bits: bits)
  }

  private static func address(_ text: String) -> (bytes: [UInt8], isIPv4: Bool)? {
    var bytes = [UInt8](repeating: 0, count: 16)
    if inet_pton(AF_INET, text, &bytes) == 1 { return (Array(bytes.prefix(4)), true) }
    guard inet_pton(AF_INET6, text, &bytes) == 1 else { return nil }
    if bytes.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff] {
      return (Array(bytes.suffix(4)), true)
    }
    return (bytes, false)
  }

  /// As text, such as an element of X-Forwarded-For.
  package func contains(_ text: String) -> Bool {
    guard !ranges.isEmpty, let (bytes, isIPv4) = Self.address(text) else { return false }
    return ranges.contains { $0.contains(bytes, isIPv4: isIPv4) }
  }

  func contains(_ address: ClientAddress) -> Bool {
    if ranges.isEmpty { return false }
    // Whoever can open the socket's file is on this machine.
    if address.isUnix { return true }
    let bytes = withUnsafeBytes(of: address.bytes) { Array($0.prefix(address.isIPv4 ? 4 : 16)) }
    return ranges.contains { $0.contains(bytes, isIPv4: address.isIPv4) }
  }
}
