import HTTP
import Testing

@Suite struct FormFieldsTests {
  @Test func `fields are decoded, and keep their order`() {
    let form = FormFields(Array("a=1&b=x+y%26z&a=2&empty=&bare&&caf%C3%A9=%E2%82%AC".utf8))
    #expect(form?.all.map(\.name) == ["a", "b", "a", "empty", "bare", "café"])
    #expect(form?["a"] == "1")
    #expect(form?["b"] == "x y&z")
    #expect(form?["empty"] == "")
    #expect(form?["bare"] == "")
    #expect(form?["café"] == "€")
    #expect(form?["missing"] == nil)
  }

  @Test(arguments: ["a=%", "a=%4", "a=%zz", "%=1"]) func `a broken percent sign makes no form`(text: String) {
    #expect(FormFields(Array(text.utf8)) == nil)
  }

  @Test func `percent-encoding goes there and back`() {
    let text = "a b/c?d=é&%~-._"
    #expect(Percent.encode(text) == "a%20b%2Fc%3Fd%3D%C3%A9%26%25~-._")
    #expect(Percent.decode(Percent.encode(text).utf8) == Array(text.utf8))
  }
}
