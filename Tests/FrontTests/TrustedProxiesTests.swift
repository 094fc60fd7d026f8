import Testing

@testable import Front

@Suite struct TrustedProxiesTests {
  @Test func `nobody is trusted unless named`() throws {
    #expect(!TrustedProxies.none.contains("127.0.0.1"))
    #expect(try !TrustedProxies(parsing: "").contains("10.0.0.1"))
  }

  @Test(arguments: [
    ("10.1.2.3", "10.1.2.3", true), ("10.1.2.3", "10.1.2.4", false),
    ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false),
    ("172.16.0.0/12", "172.31.255.255", true), ("172.16.0.0/12", "172.32.0.0", false),
    ("0.0.0.0/0", "8.8.8.8", true), ("0.0.0.0/0", "::1", false),
    ("2001:db8::/33", "2001:db8:7fff::1", true), ("2001:db8::/33", "2001:db8:8000::1", false),
    ("loopback", "127.9.9.9", true), ("loopback", "::1", true), ("loopback", "10.0.0.1", false),
    ("private", "192.168.1.1", true), ("private", "fd00::1", true), ("private", "8.8.8.8", false),
    ("all", "8.8.8.8", true), ("all", "2001:db8::1", true),
    ("1.2.3.4, private", "10.0.0.1", true), ("10.0.0.0/8", "::ffff:10.0.0.1", true),
    ("10.0.0.0/8", "no address", false), ("10.0.0.0/8", "10.0.0.1:80", false),
  ])
  func `an address is trusted where a range holds it`(list: String, address: String, isTrusted: Bool) throws {
    #expect(try TrustedProxies(parsing: list).contains(address) == isTrusted)
  }

  @Test(arguments: [
    "10.0.0", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "::/129", "example.org", "10.0.0.0/8/8",
  ])
  func `what is no address is named`(list: String) {
    #expect(throws: TrustedProxies.ParseError(part: list)) { try TrustedProxies(parsing: list) }
    #expect(TrustedProxies.problem(in: list)?.contains(list) == true)
  }
}
