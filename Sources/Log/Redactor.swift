import Crypto
import Linux

/// Replaces secrets before a text leaves the process.
package struct Redactor: Sendable {
  private let secrets: [[UInt8]]

  /// Each also in base64. Longest first, so that a secret which contains another is masked whole.
  package init(_ secrets: [String]) {
    let plain = Set(secrets).map { Array($0.utf8) }.filter { $0.count >= 4 }
    let encoded = plain.map { Array(Base64.encode($0).utf8.prefix { $0 != UInt8(ascii: "=") }) }
    self.secrets = (plain + encoded).sorted { $0.count > $1.count }
  }

  package func mask(_ text: String) -> String {
    var text = text
    // Nearly every line is clean, and is not copied to find that out.
    let isClean = text.withUTF8 { bytes in
      let bytes = UnsafeRawBufferPointer(bytes)
      return !occurs(Self.scheme, in: bytes) && !secrets.contains { occurs($0, in: bytes) }
    }
    if isClean { return text }
    var bytes = Array(text.utf8)
    for secret in secrets { Self.replace(secret, in: &bytes) }
    Self.maskURLCredentials(&bytes)
    return String(decoding: bytes, as: UTF8.self)
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
