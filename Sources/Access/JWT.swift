import Linux

/// Tokens of RFC 7519, signed with HS256 and nothing else.
package enum JWT {
  package struct Claims: Sendable, Equatable {
    package let subject: String
    package let isAdmin: Bool

    package init(subject: String, isAdmin: Bool) {
      self.subject = subject
      self.isAdmin = isAdmin
    }
  }

  static let limit = 8 << 10
  static let subjectLimit = 255
  /// How far the clocks of two machines may be apart, in seconds.
  static let skew = 60.0

  /// What is wrong with a `sub`, as a clause that follows it; nil for one that can be.
  package static func problem(withSubject subject: String) -> String? {
    if subject.isEmpty { return "is empty" }
    if subject.utf8.count > subjectLimit { return "is longer than \(subjectLimit) bytes" }
    // U+FFFD stands for bytes that were no text: two different ones would become one name.
    let isPrintable = subject.unicodeScalars.allSatisfy { $0.properties.isPrintable && $0 != "\u{fffd}" }
    return isPrintable ? nil : "holds a character that is not printable"
  }
}

/// Why a token is not taken: a sentence for who sent it.
package struct JWTProblem: Error, Sendable, Equatable, CustomStringConvertible {
  package let description: String
  /// Its signature is not ours, so whoever sent it may be guessing. A token that has expired was good once.
  package let isForged: Bool

  static func forged(_ description: String) -> JWTProblem {
    JWTProblem(description: description, isForged: true)
  }

  static func signed(_ description: String) -> JWTProblem {
    JWTProblem(description: description, isForged: false)
  }
}
