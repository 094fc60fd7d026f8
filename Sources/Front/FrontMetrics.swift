/// What the loops have counted since the start.
package struct FrontMetrics: Sendable, Equatable {
  /// Upper bounds of the latency buckets in seconds; one more bucket holds what is above.
  package static let latencyBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

  /// By first digit of the status, 1 to 5.
  package var responses = [Int](repeating: 0, count: 6)
  package var latencies = [Int](repeating: 0, count: latencyBounds.count + 1)
  package var latencySum = 0.0
  package var connections = 0
  package var accepted = 0
  package var inFlight = 0
  /// Waiting now, and ever.
  package var waiting = 0
  package var held = 0
  package var retried = 0
  package var upstreamConnects = 0
  package var refusedRequests = 0
  package var switches = 0

  package init() {}

  mutating func observe(status: UInt16, microseconds: Int64) {
    let digit = Int(status / 100)
    if responses.indices.contains(digit) { responses[digit] += 1 }
    let seconds = Double(microseconds) / 1_000_000
    latencySum += seconds
    var bucket = 0
    while bucket < Self.latencyBounds.count, Self.latencyBounds[bucket] < seconds { bucket += 1 }
    latencies[bucket] += 1
  }

  static func += (left: inout FrontMetrics, right: FrontMetrics) {
    for index in left.responses.indices { left.responses[index] += right.responses[index] }
    for index in left.latencies.indices { left.latencies[index] += right.latencies[index] }
    left.latencySum += right.latencySum
    left.connections += right.connections
    left.accepted += right.accepted
    left.inFlight += right.inFlight
    left.waiting += right.waiting
    left.held += right.held
    left.retried += right.retried
    left.upstreamConnects += right.upstreamConnects
    left.refusedRequests += right.refusedRequests
    left.switches = max(left.switches, right.switches)
  }
}

/// What one site has answered since it was added; what the webhook did, or what could not be read, is nobody's.
package struct SiteMetrics: Sendable, Equatable {
  /// By first digit of the status, 1 to 5.
  package var responses = [Int](repeating: 0, count: 6)
  /// Now.
  package var waiting = 0

  package init() {}

  static func += (left: inout SiteMetrics, right: SiteMetrics) {
    for index in left.responses.indices { left.responses[index] += right.responses[index] }
    left.waiting += right.waiting
  }
}
