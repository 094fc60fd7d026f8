import Testing

@testable import Manager

@Suite struct PrivatePortsTests {
  @Test(arguments: [32_768...60_999, 1024...9_999, 15_000...60_999, 1024...40_000])
  func `no port comes from the kernel's own range, and none twice in a thousand`(ephemeral: ClosedRange<Int>)
    throws
  {
    var ports = try #require(PrivatePorts(outside: ephemeral, startingAt: 123))
    var seen: Set<UInt16> = []
    for _ in 0..<1000 {
      let port = try #require(ports.next { _ in true })
      #expect(port > 1023)
      #expect(!ephemeral.contains(Int(port)))
      #expect(seen.insert(port).inserted)
    }
  }

  @Test func `where the kernel has them all there is none`() {
    #expect(PrivatePorts(outside: 1024...65_535, startingAt: 0) == nil)
    #expect(PrivatePorts(outside: 1...65_535, startingAt: 0) == nil)
  }

  @Test func `a port that is taken is passed over`() throws {
    var ports = try #require(PrivatePorts(outside: 32_768...60_999, startingAt: 0))
    #expect(ports.next { $0 >= 10_003 } == 10_003)
    #expect(ports.next { _ in true } == 10_004)
  }

  @Test func `after the last comes the first again`() throws {
    var ports = try #require(PrivatePorts(outside: 32_768...60_999, startingAt: 9_999))
    #expect(ports.next { _ in true } == 19_999)
    #expect(ports.next { _ in true } == 10_000)
  }

  @Test func `when all are taken there is none, and the search ends`() throws {
    var ports = try #require(PrivatePorts(outside: 32_768...60_999, startingAt: 7))
    #expect(ports.next { _ in false } == nil)
  }
}
