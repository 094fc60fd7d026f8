import Testing

@testable import Front

@Suite struct IdlenessTests {
  @Test func `nothing is known at first, so nothing is trusted`() {
    #expect(!Idleness().allows(0))
  }

  @Test func `half of what an app has borne is trusted, and a quarter of a second at most`() {
    var idleness = Idleness()
    idleness.noteLife(of: 100)
    #expect(idleness.allows(49))
    #expect(!idleness.allows(50))
    idleness.noteLife(of: 5000)
    #expect(idleness.isProven)
    #expect(idleness.allows(249))
    #expect(!idleness.allows(250))
  }

  @Test func `half of the time after which an app has closed one is the limit`() {
    var idleness = Idleness()
    idleness.noteLife(of: 5000)
    idleness.noteEnd(after: 100)
    #expect(idleness.allows(49))
    #expect(!idleness.allows(50))
    idleness.noteEnd(after: 99)
    #expect(!idleness.allows(0))
  }
}
