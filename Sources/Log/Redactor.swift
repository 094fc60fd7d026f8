/// Replaces secrets before a text leaves the process.
package struct Redactor: Sendable {
  private let secrets: [[UInt8]]

  /// Longest first, so that a secret which contains another is masked whole.
  package init(_ secrets: [String]) {
    self.secrets = Set(secrets).map { Array($0.utf8) }.filter { $0.count >= 4 }
      .sorted { $0.count > $1.count }
  }

  package func mask(_ text: String) -> String {
    guard !secrets.isEmpty || text.contains("://") else { return text }
    var bytes = Array(text.utf8)
    for secret in secrets { Self.replace(secret, in: &bytes) }
    Self.maskURLCredentials(&bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  private static let mask = Array("***".utf8)

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

  /// `scheme://user:password@` keeps the user and loses the password.
  private static func maskURLCredentials(_ bytes: inout [UInt8]) {
    let marker = Array("://".utf8)
    var index = 0
    while index + marker.count < bytes.count {
      guard bytes[index] == marker[0], bytes[index..<(index + 3)].elementsEqual(marker) else {
        index += 1
        continue
      }
      index += 3
      let end =
        bytes[index...].firstIndex { [0x20, 0x2f, 0x22, 0x27, 0x3c, 0x3e].contains($0) } ?? bytes.count
      guard let at = bytes[index..<end].lastIndex(of: UInt8(ascii: "@")),
        let colon = bytes[index..<at].firstIndex(of: UInt8(ascii: ":")), colon + 1 < at
      else { continue }
      bytes.replaceSubrange((colon + 1)..<at, with: mask)
    }
  }
}
