import Crypto
import Testing

@Suite struct EncodingTests {
  @Test func `hex goes there and back, in either case`() {
    #expect(Hex.encode([0x00, 0x7f, 0xff]) == "007fff")
    #expect(Hex.decode("007FfF") == [0x00, 0x7f, 0xff])
    #expect(Hex.decode("") == [])
  }

  @Test(arguments: ["0", "0g", "0x00", " 00", "00 ", "é0"]) func `what is not pairs of digits is no hex`(
    text: String
  ) {
    #expect(Hex.decode(text) == nil)
  }

  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
    ("foobar", "Zm9vYmFy"),
  ])
  func `base64 is that of RFC 4648, its padding optional`(plain: String, encoded: String) {
    #expect(Base64.encode(Array(plain.utf8)) == encoded)
    #expect(Base64.decode(encoded) == Array(plain.utf8))
    #expect(Base64.decode(encoded.filter { $0 != "=" }) == Array(plain.utf8))
  }

  @Test func `base64 decodes across lines and blanks`() {
    #expect(Base64.decode(" Zm9v\r\n\tYmE=\n") == Array("fooba".utf8))
    let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 * 7) }
    #expect(Base64.decode(Base64.encode(bytes)) == bytes)
  }

  @Test(arguments: ["Z", "Zg=", "Zg===", "Zg==Zg==", "Zm9v=", "=", "Zm9v-_", "Zm\u{e9}v", "-----BEGIN"])
  func `what is not base64 is refused`(text: String) {
    #expect(Base64.decode(text) == nil)
  }
}
