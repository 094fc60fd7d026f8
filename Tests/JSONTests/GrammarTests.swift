import Testing

@testable import JSON

/// RFC 8259, sentence by sentence.
@Suite struct GrammarTests {
  @Test(arguments: [
    "null", "true", "false", "0", "-0", "1", "-1", "10", "0.5", "-0.0", "1e5", "1E5", "1e+5", "1e-5", "0e1",
    "1.5e300", "123456789012345678901234567890", "\"\"", "\"a\"", "[]", "{}", "[ ]", "{ }", "[1]", "[1,2]",
    "[[],[[]],{}]", "{\"a\":1}", "{\"\":{\"\":[]}}", " \t\r\n1 \t\r\n", "[1 , 2]", "{\"a\" : 1 , \"b\" : 2}",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u0000\"", "\"\\uD83D\\uDE00\"", "\"\\uD83D\"", "\"\\uDE00\"",
    "\"😀\"",
    "\"\u{7f}\"", "\"\u{2028}\"", "{\"a\":1,\"a\":2}",
  ])
  func `what the grammar allows is taken`(text: String) throws { _ = try JSONDocument(text: text) }

  @Test(arguments: [
    "", " ", "nul", "nulll", "True", "NaN", "Infinity", "-", "+1", "01", "-01", "00", ".5", "1.", "1.e5",
    "-.5",
    "1e", "1e+", "1.5.5", "0x10", "1_000", "1 2", "1,", ",", "'a'", "a", "[", "]", "[1", "[1,", "[1,]", "[,]",
    "[,1]", "[1 2]", "[1}", "[:]", "[1:2]", "{", "}", "{]", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,",
    "{\"a\":1,}", "{,}", "{1:2}", "{a:1}", "{'a':1}", "{\"a\"1}", "{\"a\",1}", "{\"a\":1 \"b\":2}",
    "{\"a\"::1}",
    "{\"a\":}", "{null:1}", "[]]", "{}}", "[] x", "\"", "\"a", "\"\\", "\"\\\"", "\"\\x\"", "\"\\u\"",
    "\"\\u12\"",
    "\"\\u12g4\"", "\"\\u+123\"", "\"\\U0041\"", "\"a\nb\"", "\"\t\"", "\"\u{0}\"", "\"\u{1f}\"", "/**/1",
    "1//",
    "\u{feff}1", "\u{a0}1", "\u{c}1", "1\u{0}", "undefined",
  ])
  func `what it does not allow is refused`(text: String) {
    #expect(throws: JSONError.self) { try JSONDocument(text: text) }
  }

  @Test(
    arguments: [
      [0x22, 0xff, 0x22], [0x22, 0xc0, 0x80, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22], [0x22, 0xc3, 0x22],
      [0x22, 0xf5, 0x80, 0x80, 0x80, 0x22], [0x80], [0x22, 0x61, 0xe2, 0x82],
    ] as [[UInt8]])
  func `what is not UTF-8 is refused`(bytes: [UInt8]) {
    #expect(throws: JSONError(offset: 0, reason: "the text is not UTF-8")) { try JSONDocument(bytes: bytes) }
  }

  @Test func `an error names the byte it is at`() {
    let error = #expect(throws: JSONError.self) { try JSONDocument(text: "{\"a\": nope}") }
    #expect(error?.description == "not valid JSON at byte 6: a value is missing")
  }

  @Test func `nesting has a limit, and any depth beyond it costs nothing`() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    _ = try JSONDocument(text: nested(64))
    #expect(throws: JSONError(offset: 64, reason: "it is nested too deeply")) {
      try JSONDocument(text: nested(65))
    }
    for opening in ["[", "{\"a\":", "[{\"a\":"] {
      #expect(throws: JSONError.self) { try JSONDocument(text: String(repeating: opening, count: 1 << 20)) }
    }
    // The limit is the caller's; the parser itself has none, since it does not recurse.
    _ = try JSONDocument(bytes: Array(nested(1 << 20).utf8), maximumDepth: .max)
  }
}
