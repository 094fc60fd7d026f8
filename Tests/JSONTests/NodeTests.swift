import JSON
import Testing

@Suite struct NodeTests {
  @Test(arguments: [
    ("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\u{8}\u{c}\n\r\t"), ("\"\\u0041\\u00e9\\u20AC\"", "Aé€"),
    ("\"\\uD83D\\uDE00\"", "😀"), ("\"\\uD83D\"", "\u{fffd}"), ("\"\\uDE00x\"", "\u{fffd}x"),
    ("\"\\uD83D\\uD83D\\uDE00\"", "\u{fffd}😀"), ("\"\\uD83D\\n\"", "\u{fffd}\n"),
    ("\"a\\u0000b\"", "a\u{0}b"),
    ("\"é€😀\"", "é€😀"), ("\"\\\\u0041\"", "\\u0041"),
  ])
  func `a string is what its escapes mean`(text: String, meaning: String) throws {
    #expect(try JSONDocument(text: text).root.string == meaning)
    #expect(try JSONDocument(text: "{\(text): 1}").root[meaning]?.int == 1)
  }

  @Test(
    arguments: [
      ("0", 0, 0), ("-0", 0, 0), ("-12", -12, -12), ("9223372036854775807", .max, 0x1p63),
      ("9223372036854775808", nil, 0x1p63), ("1.5", nil, 1.5), ("1e2", nil, 100),
      ("-2.5E-1", nil, -0.25),
    ] as [(String, Int?, Double)])
  func `a number is an integer only if it is written as one and fits`(text: String, int: Int?, double: Double)
    throws
  {
    let root = try JSONDocument(text: text).root
    #expect(root.int == int)
    #expect(root.double == double)
  }

  @Test func `a value is of its own kind and no other`() throws {
    let root = try JSONDocument(text: "[null, true, 1, \"1\", [], {}]").root
    #expect(root.elements.map(\.kind) == [.null, .bool, .number, .string, .array, .object])
    #expect(root.elements.map(\.isNull) == [true, false, false, false, false, false])
    #expect(root.elements.map(\.bool) == [nil, true, nil, nil, nil, nil])
    #expect(root.elements.map(\.int) == [nil, nil, 1, nil, nil, nil])
    #expect(root.elements.map(\.string) == [nil, nil, nil, "1", nil, nil])
    #expect(root.members.isEmpty)
    #expect(root["a"] == nil)
  }

  @Test func `members are found past nested ones, and of equal names the first`() throws {
    let root = try JSONDocument(
      text: "{\"skip\": {\"a\": [1, {\"a\": 2}]}, \"a\": 3, \"a\": 4, \"a\\u0062\": 5, \"\": 6}"
    ).root
    #expect(root["a"]?.int == 3)
    #expect(root["ab"]?.int == 5)
    #expect(root[""]?.int == 6)
    #expect(root["skip"]?["a"]?.elements[1]["a"]?.int == 2)
    #expect(root["b"] == nil)
    #expect(root.members.map(\.key) == ["skip", "a", "a", "ab", ""])
    #expect(root.members[3].value.int == 5)
  }

  @Test func `a name is its bytes, and not what looks the same`() throws {
    let root = try JSONDocument(text: #"{"\u212Aey": 1, "Key": 2, "e\u0301": 3, "\u00e9": 4}"#).root
    #expect(root["Key"]?.int == 2)
    #expect(root["\u{e9}"]?.int == 4)
    #expect(root["\u{212a}ey"]?.int == 1)
  }
}
