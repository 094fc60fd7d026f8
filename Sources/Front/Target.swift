import Linux

/// Where one running start of a release can be reached. Two starts of one release are two targets.
package final class Target: Sendable {
  package let address: SocketAddress

  package init(address: SocketAddress) {
    self.address = address
  }
}

/// What a target has answered since it was made.
package struct Tally: Sendable, Equatable {
  package var requests = 0
  /// Its own answers of 500 and above, and those that the front had to give because it gave none.
  package var failures = 0

  package init() {}

  package static func += (left: inout Tally, right: Tally) {
    left.requests += right.requests
    left.failures += right.failures
  }

  /// What has come since.
  package static func - (now: Tally, past: Tally) -> Tally {
    var difference = now
    difference.requests -= past.requests
    difference.failures -= past.failures
    return difference
  }
}

/// How a drain ended.
package struct DrainReport: Sendable, Equatable {
  /// What was still open when the time was over: requests, and streams (SSE and upgraded connections).
  package var cutRequests = 0
  package var endedStreams = 0

  package init() {}

  package static func += (left: inout DrainReport, right: DrainReport) {
    left.cutRequests += right.cutRequests
    left.endedStreams += right.endedStreams
  }
}
