import Crypto
import JSON
import Linux

/// Replaces secrets before a text leaves the process.
package struct Redactor: Sendable {
  private let secrets: [[UInt8]]
  /// A bit for each pair of bytes that a secret, or "://", begins with: nearly every line has none of them, and
  /// is known to be clean after one look at each of its bytes.
  private let beginnings: [UInt64]

  /// Each also as others spell it. Longest first, so that a secret which contains another is masked whole.
  package init(_ secrets: [String]) {
    let plain = Set(secrets).map { Array($0.utf8) }.filter { $0.count >= 4 }
    self.secrets = Set(plain + plain.flatMap(Self.spellings)).sorted { $0.count > $1.count }
    var beginnings = [UInt64](repeating: 0, count: 1024)
    for text in self.secrets + [Self.scheme] {
      let pair = Int(text[0]) | Int(text[1]) << 8
      beginnings[pair >> 6] |= 1 << UInt64(pair & 63)
    }
    self.beginnings = beginnings
  }

  /// In JSON; in base64, alone and as a part of something (`user:password`, say), where what stands before it
  /// decides on one of three spellings and the digits at its edges are another's too.
  private static func spellings(_ secret: [UInt8]) -> [[UInt8]] {
    var escaped: [UInt8] = []
    secret.withUnsafeBytes { JSONEscapes.append($0, to: &escaped) }
    var spellings = [Array(escaped.dropFirst().dropLast())]
    for before in 0..<3 {
      let digits = Base64.encode([UInt8](repeating: 0, count: before) + secret).utf8
        .prefix { $0 != UInt8(ascii: "=") }
      let whole = Array(digits.dropFirst(before == 0 ? 0 : before + 1))
      if before == 0 { spellings.append(whole) }
      let inner = (before + secret.count).isMultiple(of: 3) ? whole : whole.dropLast()
      if inner.count >= 8 { spellings.append(inner) }
    }
    let forURLs = spellings.dropFirst().map { digits in
      digits.map {
        $0 == UInt8(ascii: "+") ? UInt8(ascii: "-") : $0 == UInt8(ascii: "/") ? UInt8(ascii: "_") : $0
      }
    }
    return spellings + forURLs
  }

  package func mask(_ text: String) -> String {
    var text = text
    let clean = text.withUTF8 { bytes -> [UInt8]? in
      let bytes = UnsafeRawBufferPointer(bytes)
      return isClean(bytes) ? nil : masked(bytes)
    }
    return clean.map { String(decoding: $0, as: UTF8.self) } ?? text
  }

  /// Calls `body` with a text free of secrets: the same, if it is.
  package func mask<Result>(
    _ text: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Result
  ) -> Result {
    isClean(text) ? body(text) : masked(text).withUnsafeBytes(body)
  }

  private func masked(_ text: UnsafeRawBufferPointer) -> [UInt8] {
    var bytes = Array(text)
    for secret in secrets where occurs(secret, in: text) { Self.replace(secret, in: &bytes) }
    Self.maskURLCredentials(&bytes)
    return bytes
  }

  private func isClean(_ text: UnsafeRawBufferPointer) -> Bool {
    guard text.count >= 3 else { return true }
    return beginnings.withUnsafeBufferPointer { beginnings in
      var pair = Int(text[0]) &<< 8
      var index = 1
      while index < text.count {
        pair = pair &>> 8 | Int(text[index]) &<< 8
        if beginnings[pair &>> 6] &>> UInt64(pair & 63) & 1 != 0, isSuspect(text, at: index &- 1) {
          return false
        }
        index &+= 1
      }
      return true
    }
  }

  private func isSuspect(_ text: UnsafeRawBufferPointer, at index: Int) -> Bool {
    let rest = UnsafeRawBufferPointer(rebasing: text[index...])
    if rest.starts(with: Self.scheme) { return rest.contains(UInt8(ascii: "@")) }
    return secrets.contains { $0[0] == rest[0] && $0.count <= rest.count && rest.starts(with: $0) }
  }

  /// The secrets alone: for lines in which any URL is a stranger's.
  func mask(_ bytes: [UInt8]) -> [UInt8] {
    var masked = bytes
    for secret in secrets where bytes.withUnsafeBytes({ occurs(secret, in: $0) }) {
      Self.replace(secret, in: &masked)
    }
    return masked
  }

  private static let mask = Array("***".utf8)
  private static let scheme = Array("://".utf8)

  private static func replace(_ secret: [UInt8], in bytes: inout [UInt8]) {
    guard let first = secret.first, bytes.count >= secret.count else { return }
    var index = 0
    while index + secret.count <= bytes.count {
      if bytes[index] == first, bytes[index..<(index + secret.count)].elementsEqual(secret) {
        bytes.replaceSubrange(index..<(index + secret.count), with: mask)
        index += mask.count
      } else {
        index += 1
      }
    }
  }

  /// `scheme://user:password@` keeps the user and loses the password; a user alone, on the web, is a token.
  private static func maskURLCredentials(_ bytes: inout [UInt8]) {
    var index = 0
    while index + scheme.count < bytes.count {
      guard bytes[index] == scheme[0], bytes[index..<(index + 3)].elementsEqual(scheme) else {
        index += 1
        continue
      }
      index += 3
      let end =
        bytes[index...].firstIndex { [0x20, 0x2f, 0x22, 0x27, 0x3c, 0x3e].contains($0) } ?? bytes.count
      guard let at = bytes[index..<end].lastIndex(of: UInt8(ascii: "@")) else { continue }
      let isWeb = ["http", "https"].contains {
        bytes[..<(index - 3)].reversed().starts(with: $0.utf8.reversed())
      }
      let colon = bytes[index..<at].firstIndex(of: UInt8(ascii: ":"))
      let start = colon.map { $0 + 1 } ?? (isWeb ? index : at)
      if start < at { bytes.replaceSubrange(start..<at, with: mask) }
    }
  }
}
