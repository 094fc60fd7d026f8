import Crypto

/// A private key as people put it into an environment: raw, with `\n` written out, quoted, indented, folded into
/// one line, or the whole file in base64.
enum SSHKeyText {
  static let allowed =
    "an OpenSSH, RSA, EC or PKCS#8 private key without a passphrase: raw, with \\n written out, or in base64"

  private static let labels = ["OPENSSH PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "PRIVATE KEY"]

  /// The key as a file that ssh takes.
  static func normalize(_ raw: String) throws(Refusal) -> String {
    var text = unwrap(raw)
    if !text.contains("-----"), let decoded = Base64.decode(text) {
      text = unwrap(String(decoding: decoded, as: UTF8.self))
    }
    let (label, body) = try open(text)
    guard !label.contains("ENCRYPTED"), !body.contains("ENCRYPTED") else { throw encrypted }
    guard labels.contains(label) else {
      throw Refusal("a \(label.lowercased()), which ssh cannot use as a private key")
    }
    let lines = body.split(whereSeparator: \.isWhitespace).flatMap(wrap)
    guard let content = Base64.decode(lines.joined()), !content.isEmpty else {
      throw Refusal("whose text is damaged: it is not base64 between its first line and its last")
    }
    guard !isEncryptedOpenSSH(content) else { throw encrypted }
    return "-----BEGIN \(label)-----\n\(lines.joined(separator: "\n"))\n-----END \(label)-----\n"
  }

  private static let encrypted = Refusal(
    "a key with a passphrase, which nobody is here to type; remove it with `ssh-keygen -p`")

  private static func open(_ text: String) throws(Refusal) -> (label: String, body: Substring) {
    let begin = "-----BEGIN "
    guard text.hasPrefix(begin), let end = text.dropFirst(begin.count).firstRange(of: "-----") else {
      if text.hasPrefix("ssh-") || text.hasPrefix("ecdsa-") { throw Refusal("the public half of a key") }
      if text.hasPrefix("PuTTY-") { throw Refusal("a PuTTY key; export it as an OpenSSH key") }
      throw Refusal("which does not begin with a line -----BEGIN … PRIVATE KEY-----")
    }
    let label = text[..<end.lowerBound].dropFirst(begin.count)
    // Where that line is damaged the next dashes are those behind the key itself, which no message may hold.
    guard label.utf8.count <= 40, label.utf8.allSatisfy({ 0x20..<0x7f ~= $0 }) else {
      throw Refusal("whose first line is damaged; it is -----BEGIN … PRIVATE KEY-----")
    }
    let body = text[end.upperBound...]
    guard let last = body.firstRange(of: "-----END \(label)-----") else {
      throw Refusal("a key that is cut off: its last line -----END \(label)----- is missing")
    }
    return (String(label), body[..<last.lowerBound])
  }

  /// Newlines as newlines, without quotes or space around.
  private static func unwrap(_ raw: String) -> String {
    var bytes: [UInt8] = []
    var rest = raw.utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\\") {
        let next = rest.first
        if next == UInt8(ascii: "n") || next == UInt8(ascii: "r") {
          rest.removeFirst()
          bytes.append(UInt8(ascii: "\n"))
        }
      } else {
        bytes.append(byte == UInt8(ascii: "\r") ? UInt8(ascii: "\n") : byte)
      }
    }
    let text = String(decoding: bytes, as: UTF8.self)
    let around: (Character) -> Bool = { $0.isWhitespace || $0 == "\"" || $0 == "'" || $0 == "\u{feff}" }
    guard let first = text.firstIndex(where: { !around($0) }),
      let last = text.lastIndex(where: { !around($0) })
    else { return "" }
    return String(text[first...last])
  }

  /// OpenSSL refuses long lines; ssh-keygen writes 70 columns, OpenSSL 64.
  private static func wrap(_ line: Substring) -> [Substring] {
    if line.count <= 76 { return [line] }
    return [line.prefix(64)] + wrap(line.dropFirst(64))
  }

  private static func isEncryptedOpenSSH(_ content: [UInt8]) -> Bool {
    let magic = Array("openssh-key-v1\0".utf8)
    let plain: [UInt8] = [0, 0, 0, 4] + Array("none".utf8)
    return content.starts(with: magic) && !content.dropFirst(magic.count).starts(with: plain)
  }
}
