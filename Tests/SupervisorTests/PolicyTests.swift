import Testing

@testable import Supervisor

@Suite struct PolicyTests {
  @Test func `a first crash is answered at once, a loop of them ever later`() {
    var policy = RestartPolicy()
    let delays = (0..<40).map { _ in policy.delay(afterLifeOf: .seconds(1)) }
    #expect(
      delays.prefix(6) == [
        .zero, .milliseconds(250), .milliseconds(500), .seconds(1), .seconds(2), .seconds(4),
      ])
    #expect(delays.suffix(30).allSatisfy { $0 == .seconds(30) })
    #expect(policy.delay(afterLifeOf: .seconds(61)) == .zero)
    #expect(policy.delay(afterLifeOf: .seconds(60)) == .milliseconds(250))
  }

  @Test func `probes are dense at first and thin out to the interval`() {
    let check = HealthCheck(path: nil, interval: .seconds(5), timeout: .seconds(120))
    let pauses = (0..<1200).map { check.pause(after: .milliseconds(100 * $0)) }
    #expect(pauses.prefix(3).allSatisfy { $0 > .zero && $0 <= .milliseconds(25) })
    #expect(pauses == pauses.sorted())
    #expect(pauses.suffix(700).allSatisfy { $0 == .seconds(5) })
    let quick = HealthCheck(path: nil, interval: .milliseconds(10), timeout: .seconds(1))
    #expect(quick.pause(after: .seconds(50)) == .milliseconds(10))
  }

  @Test func `any answer below 500 is healthy, unless a path was named`() {
    let any = HealthCheck(path: nil, interval: .zero, timeout: .zero)
    #expect([200, 302, 404, 499].allSatisfy(any.accepts))
    #expect(![500, 503].contains(where: any.accepts))
    let named = HealthCheck(path: "/up", interval: .zero, timeout: .zero)
    #expect([200, 204, 399].allSatisfy(named.accepts))
    #expect(![199, 400, 404, 500].contains(where: named.accepts))
  }
}
