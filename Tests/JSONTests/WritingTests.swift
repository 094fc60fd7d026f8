import JSON
import Testing

@Suite struct WritingTests {
  @Test func `what is written is compact, ordered and escaped`() {
    let value: JSONValue = [
      "z": 1, "a": [true, nil, "x"], "text": .string("\"\\\n\r\t\u{1}\u{7f}é😀/"), "half": .double(0.5),
      "none": .double(.nan), "empty": [:],
    ]
    #expect(
      value.text
        == #"{"z":1,"a":[true,null,"x"],"text":"\"\\\n\r\t\u0001\u007fé😀/","half":0.5,"none":null,"empty":{}}"#
    )
  }

  @Test(
    arguments: [
      .null, .bool(false), .int(.min), .int(.max), .double(1e16), .double(.leastNonzeroMagnitude),
      .double(-0.1), "",
      .string(String(String.UnicodeScalarView((0..<0x100).compactMap { Unicode.Scalar($0) }))),
      ["a": ["b": [1, [], [:], ["c": nil]]], "a": "again"],
    ] as [JSONValue])
  func `what is written can be read again`(value: JSONValue) throws {
    let document = try JSONDocument(bytes: value.bytes)
    #expect(document.root.written.text == value.text)
  }

  @Test func `every line of output is one line`() {
    #expect(!JSONValue.string("a\nb\u{2028}c\r").text.contains("\n"))
  }
}

extension JSONNode {
  /// The same value, to be written.
  var written: JSONValue {
    switch kind {
    case .null: .null
    case .bool: .bool(bool ?? false)
    case .number: int.map { .int(Int64($0)) } ?? .double(double ?? .nan)
    case .string: .string(string ?? "")
    case .array: .array(elements.map(\.written))
    case .object: .object(members.map { ($0.key, $0.value.written) })
    }
  }
}
