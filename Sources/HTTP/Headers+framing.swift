extension Headers {
  /// How the body is framed; nil when nothing says so.
  func framing(isHTTP10: Bool) throws(HTTPFailure) -> BodyDecoder.Framing? {
    let codings = values("Transfer-Encoding")
    let lengths = values("Content-Length")
    if let coding = codings.first {
      guard lengths.isEmpty else {
        throw .malformed("Content-Length and Transfer-Encoding contradict each other.")
      }
      guard codings.count == 1, !isHTTP10 else { throw .malformed("Transfer-Encoding is not valid here.") }
      if coding.utf8.equalsIgnoringCase("chunked") { return .chunked }
      let names = coding.utf8.split(separator: UInt8(ascii: ",")).map { Array($0).trimmed() }
      guard names.allSatisfy({ $0.equalsIgnoringCase("chunked") }) else {
        throw HTTPFailure(501, "Only the transfer coding chunked is known here.")
      }
      throw .malformed("Transfer-Encoding is not valid here.")
    }
    guard let length = lengths.first else { return nil }
    guard lengths.count == 1, length.utf8.count <= 18, length.utf8.allSatisfy(ASCII.isDigit),
      let length = Int(length)
    else { throw .malformed("Content-Length is not one whole number.") }
    return .length(length)
  }

  func expectsContinue(isHTTP10: Bool) throws(HTTPFailure) -> Bool {
    let expectations = values("Expect")
    guard let first = expectations.first, !isHTTP10 else { return false }
    guard expectations.count == 1, first.utf8.equalsIgnoringCase("100-continue") else {
      throw HTTPFailure(417, "Only the expectation 100-continue is known here.")
    }
    return true
  }

  func checkHost(isHTTP10: Bool) throws(HTTPFailure) {
    let hosts = values("Host")
    guard hosts.count == 1 || hosts.isEmpty && isHTTP10 else {
      throw .malformed("A request needs exactly one Host header.")
    }
    guard hosts.allSatisfy({ $0.utf8.allSatisfy(Self.isHostCharacter) }) else {
      throw .malformed("The Host header is not a host.")
    }
  }

  private static func isHostCharacter(_ byte: UInt8) -> Bool {
    ASCII.isVisible(byte) && !"\"#,/<>?@\\^`{|}".utf8.contains(byte)
  }
}
