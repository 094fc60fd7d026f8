import Linux
import TestSupport
import Testing

@testable import Access

/// A clock that stands still until it is moved.
@MainLoop final class Clock {
  var now = ContinuousClock.now
}

@Suite(.timeLimit(.minutes(5))) struct AttemptLimiterTests {
  private let clock: Clock
  private let limiter: AttemptLimiter

  init() async {
    MainLoopThread.start()
    let clock = Clock()
    self.clock = clock
    limiter = await AttemptLimiter { clock.now }
  }

  @MainLoop private func fail(_ address: String, times: Int = 1) {
    for _ in 0..<times { limiter.countFailure(of: address) }
  }

  @MainLoop @Test func `ten failures are forgiven, and then one each six seconds`() {
    fail("192.0.2.1", times: 9)
    #expect(limiter.wait(for: "192.0.2.1") == nil)
    fail("192.0.2.1")
    #expect(limiter.wait(for: "192.0.2.1") == .seconds(6))
    clock.now += .seconds(5)
    #expect(limiter.wait(for: "192.0.2.1") == .seconds(1))
    clock.now += .seconds(1)
    #expect(limiter.wait(for: "192.0.2.1") == nil)
    fail("192.0.2.1")
    #expect(limiter.wait(for: "192.0.2.1") == .seconds(6))
    clock.now += .seconds(60)
    fail("192.0.2.1", times: 9)
    #expect(limiter.wait(for: "192.0.2.1") == nil)
  }

  @MainLoop @Test func `to ask while one must wait does not prolong the wait`() {
    fail("192.0.2.1", times: 10)
    for _ in 0..<1000 { _ = limiter.wait(for: "192.0.2.1") }
    clock.now += .seconds(6)
    #expect(limiter.wait(for: "192.0.2.1") == nil)
  }

  @MainLoop @Test func `another address is not touched`() {
    fail("192.0.2.1", times: 100)
    #expect(limiter.wait(for: "192.0.2.2") == nil)
    #expect(limiter.wait(for: "::1") == nil)
  }

  @MainLoop @Test func `a /64 of IPv6 is one client, and a mapped IPv4 address is that address`() {
    fail("2001:db8:1:2::1", times: 5)
    fail("2001:db8:1:2:ffff:ffff:ffff:ffff", times: 5)
    #expect(limiter.wait(for: "2001:db8:1:2:a::") != nil)
    #expect(limiter.wait(for: "2001:db8:1:3::1") == nil)
    fail("::ffff:192.0.2.7", times: 10)
    #expect(limiter.wait(for: "192.0.2.7") != nil)
    #expect(limiter.wait(for: "192.0.2.8") == nil)
  }

  @MainLoop @Test func `what is no address is one client`() {
    fail("", times: 10)
    #expect(limiter.wait(for: "unknown") != nil)
    #expect(limiter.wait(for: "192.0.2.1") == nil)
  }

  @MainLoop @Test
  func `a flood of addresses takes no more room, and whoever failed most is remembered longest`() {
    let limiter = AttemptLimiter(limit: 100) { clock.now }
    for _ in 0..<12 { limiter.countFailure(of: "192.0.2.1") }
    for number in 0..<1000 { limiter.countFailure(of: "10.0.\(number >> 8).\(number & 255)") }
    #expect(limiter.count <= 100)
    #expect(limiter.wait(for: "192.0.2.1") != nil)
    #expect(limiter.wait(for: "198.51.100.1") == nil)
    clock.now += .seconds(3600)
    for number in 0..<120 { limiter.countFailure(of: "10.9.0.\(number)") }
    #expect(limiter.count <= 100)
  }
}
