import Crypto

/// Any text as the value of a header: RFC 2047.
enum EncodedWord {
  /// Short plain text stays as it is.
  static func encode(_ text: String, always: Bool = false) -> String {
    let text = text.oneLine
    let isPlain = text.utf8.count <= 60 && text.utf8.allSatisfy { 0x20...0x7e ~= $0 } && !text.contains("=?")
    if isPlain && !always { return text }
    // 75 characters a word at most, and no character torn apart.
    var words: [[UInt8]] = []
    var word: [UInt8] = []
    for scalar in text.unicodeScalars {
      let bytes = Array(String(scalar).utf8)
      if word.count + bytes.count > 42 {
        words.append(word)
        word = []
      }
      word += bytes
    }
    words.append(word)
    return words.map { "=?utf-8?B?\(Base64.encode($0))?=" }.joined(separator: "\r\n ")
  }
}
