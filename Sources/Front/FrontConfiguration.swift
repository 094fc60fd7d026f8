import Linux

package struct FrontConfiguration: Sendable {
  package enum AccessLog: String, Sendable { case off, text, json }

  /// Threads, each with an epoll of its own.
  package var loops = 1
  package var limits = FrontLimits()
  package var trustedProxies = TrustedProxies.none
  /// Where `POST` of this path goes instead of to the app.
  package var webhook: (path: String, address: SocketAddress)?
  /// Prefixes of paths whose 404 is asked of the release before.
  package var assetPaths: [String] = []
  package var accessLog = AccessLog.off
  /// Whole lines, from a loop's own thread.
  package var writeAccessLog: @Sendable ([UInt8]) -> Void = { _ in }

  package init() {}
}

/// What the front grants its clients and itself.
package struct FrontLimits: Sendable {
  package var requestLine = 16 << 10
  package var head = 64 << 10
  package var headers = 200
  package var headTime = Duration.seconds(10)
  /// Between two reads of a body, and between two writes to a client that takes nothing.
  package var stallTime = Duration.seconds(60)
  package var idleTime = Duration.seconds(75)
  package var connectTime = Duration.seconds(5)
  /// How long a request waits for an app that refuses it: perhaps it has just ended, and is about to be replaced.
  package var refusalTime = Duration.seconds(1)
  /// How long an idle connection to the app is kept: less than apps keep theirs.
  package var poolTime = Duration.seconds(4)
  package var holdTime = Duration.seconds(30)
  /// For each site.
  package var held = 1000
  /// 0: as many as there are descriptors for.
  package var connections = 0

  package init() {}
}
