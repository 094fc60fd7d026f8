import Crypto
import Testing

@Suite struct Base64URLTests {
  @Test(arguments: [
    ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
    ("?>~", "Pz5-"), ("???", "Pz8_"),
  ])
  func `it is that of RFC 4648, 5, without padding`(plain: String, encoded: String) {
    #expect(Base64URL.encode(Array(plain.utf8)) == encoded)
    #expect(Base64URL.decode(encoded) == Array(plain.utf8))
  }

  @Test(arguments: ["Z", "Zg==", "Zg=", "Zh", "Zm9", "Zm 8", "Zm8\n", "Pz5+", "Pz8/", "Zm9vZ", "é"])
  func `what would not have been written is refused`(text: String) {
    #expect(Base64URL.decode(text) == nil)
  }

  @Test func `every byte goes there and back`() {
    for count in 0..<70 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
      #expect(Base64URL.decode(Base64URL.encode(bytes)) == bytes)
    }
  }

  @Test func `a digest is that of FIPS 180`() {
    #expect(
      Hex.encode(SHA256.digest(Array("abc".utf8)))
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(Hex.encode(SHA256.digest([])).hasPrefix("e3b0c44298fc1c149afbf4c8996fb924"))
  }
}
