import Testing

@testable import Manager

@Suite struct BuildLineTests {
  @Test func `as many build at once as may, in the order in which they came`() {
    var line = BuildLine(parallel: 2)
    for slug in ["a", "b", "c"] { line.join(slug) }
    #expect(line.next() == "a")
    #expect(line.next() == "b")
    #expect(line.next() == nil)
    line.finish("a")
    #expect(line.next() == "c")
    #expect(line.building == ["b", "c"])
  }

  @Test func `whoever asks again while it waits keeps its place, and has it once`() {
    var line = BuildLine(parallel: 1)
    for slug in ["a", "b", "c", "b"] { line.join(slug) }
    #expect(line.waiting == ["a", "b", "c"])
  }

  @Test func `whoever has had a turn stands behind those who have not`() {
    var line = BuildLine(parallel: 1)
    for slug in ["a", "b"] { line.join(slug) }
    #expect(line.next() == "a")
    line.join("a")
    line.finish("a")
    #expect(line.next() == "b")
    line.finish("b")
    #expect(line.next() == "a")
  }

  @Test func `whoever leaves is not called`() {
    var line = BuildLine(parallel: 1)
    for slug in ["a", "b"] { line.join(slug) }
    line.leave("a")
    #expect(line.next() == "b")
    #expect(line.next() == nil)
  }
}
