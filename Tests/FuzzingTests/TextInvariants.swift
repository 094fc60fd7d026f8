import Linux

@testable import Log
@testable import Supervisor

/// What programs and strangers print.
enum TextInvariants {
  private static let secret = "s3cr3t-of-the-tests"
  private static let redactor = Redactor([secret])

  static func violation(_ bytes: [UInt8]) -> String? {
    let sentence = PrintableText.sentence(String(decoding: bytes, as: UTF8.self))
    if !sentence.isClean { return "an unclean sentence" }
    if !PrintableText.sentence(sentence).isSameBytes(as: sentence) { return "a sentence twice is another" }
    return wrong(lines: bytes) ?? wrong(mask: bytes)
  }

  private static func wrong(lines bytes: [UInt8]) -> String? {
    var dice = Dice(bytes)
    let limit = [16, 100, 3000].randomElement(using: &dice) ?? 16
    let whole = lines([bytes[...]], limit)
    let portioned = lines(dice.portions(of: bytes), limit)
    if whole.allSatisfy({ $0.count < 16 }), whole != portioned { return "lines in portions are others" }
    for line in whole + portioned {
      guard let text = String(validating: line, as: UTF8.self) else { return "a line that is no text" }
      let bare = text.replacing(/\u{1b}\[[0-9:;]*m/, with: "").replacing("\t", with: "")
      if !bare.isClean { return "an unclean line: \(text.debugDescription)" }
      // One byte that is no text becomes three.
      if line.count > limit * 3 { return "a line of \(line.count) bytes" }
    }
    return nil
  }

  private static func lines(_ portions: [ArraySlice<UInt8>], _ limit: Int) -> [[UInt8]] {
    var splitter = LineSplitter(limit: limit)
    var lines: [[UInt8]] = []
    for portion in portions { portion.withUnsafeBytes { splitter.feed($0) { lines.append(Array($0)) } } }
    splitter.finish { lines.append(Array($0)) }
    return lines
  }

  private static func wrong(mask bytes: [UInt8]) -> String? {
    let text = String(decoding: bytes, as: UTF8.self)
    if redactor.mask(text).contains(secret) { return "a secret is shown" }
    let half = text.unicodeScalars.count / 2
    var inside = String.UnicodeScalarView(text.unicodeScalars.prefix(half))
    inside.append(contentsOf: secret.unicodeScalars)
    inside.append(contentsOf: text.unicodeScalars.dropFirst(half))
    let masked = redactor.mask(String(inside))
    if masked.utf8.count < 3 || Array(masked.utf8).firstRange(of: Array(secret.utf8)) != nil {
      return "a secret in a text is shown"
    }
    return redactor.mask(masked).isSameBytes(as: masked) ? nil : "masked twice it is another text"
  }
}
