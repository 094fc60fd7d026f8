import Testing

@testable import Front

@Suite struct FrontMetricsTests {
  @Test func `an answer is counted by its class and by its time`() {
    var metrics = FrontMetrics()
    metrics.observe(status: 204, microseconds: 900)
    metrics.observe(status: 503, microseconds: 11_000_000)
    metrics.observe(status: 0, microseconds: 0)
    #expect(metrics.responses[2] == 1)
    #expect(metrics.responses[5] == 1)
    #expect(metrics.latencies.first == 2)
    #expect(metrics.latencies.last == 1)
  }

  @Test func `two loops are counted as one front`() {
    var all = FrontMetrics()
    var one = FrontMetrics()
    one.observe(status: 200, microseconds: 10)
    one.accepted = 3
    one.switches = 2
    all += one
    all += one
    #expect(all.responses[2] == 2)
    #expect(all.accepted == 6)
    #expect(all.switches == 2, "every loop sees the same switch")
  }
}
