/// What one server grants its clients. Deadlines count ticks, so that one timer serves every connection.
package struct Limits: Sendable {
  package var connections = 256
  /// Of them, how many may be streams, which last: the others are left for requests.
  package var streams: Int {
    get { chosenStreams ?? max(connections - 256, connections / 2) }
    set { chosenStreams = newValue }
  }
  private var chosenStreams: Int?

  package var body = 1 << 20
  package var bufferedBodies = 64 << 20
  package var streamBacklog = 16 << 20

  package var tick = Duration.seconds(1)
  package var headTicks = 10
  package var bodyTicks = 30
  package var idleTicks = 60
  package var writeTicks = 30
  /// A person may stop a stream for a while, in a pager or with Ctrl-S. Who is gone is found by keepalive.
  package var streamTicks = 600
  package var lingerTicks = 10

  package init() {}
}
