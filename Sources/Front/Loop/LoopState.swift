/// Everything of a loop that changes. Behind one pointer, so that no access is checked for exclusivity.
struct LoopState {
  /// Read once a turn: nothing on the way of a request asks for the time. Microseconds and milliseconds.
  var microseconds: Int64 = 0
  var now: Int64 = 0
  var nextSweep: Int64 = 0

  var idle = LinkedList<Client>()
  var busy = LinkedList<Client>()
  /// To be gone on with once the events in hand are dealt with.
  var firstReady: ClientRef?
  var lastReady: ClientRef?

  var clients = 0
  var upstreams = 0
  var idleUpstreams = 0
  var parked = 0
  /// Parked because a connect was refused: looked at again soon.
  var refused = 0
  var draining = 0

  /// Freed at the end of the turn.
  var closedClients: [ClientRef] = []
  var closedUpstreams: [UpstreamRef] = []
  var closedListeners: [ListenerRef] = []
  var spareBuffers: [Buffer] = []

  var sites: [SiteRef] = []
  var routes = Routes()
  var backends: [BackendRef] = []
  var webhook: BackendRef?
  var listeners: [ListenerRef] = []
  var areListenersPaused = false

  var isStopping = false
  var stopsBy: Int64 = .max
  var hasStopped = false
  var random: UInt64 = 0
  var counters = FrontMetrics()
  var accessLines: [UInt8] = []
}

/// A listening socket, in epoll like everything else.
struct Listener {
  var endpoint: Endpoint
  let site: SiteRef
  /// 0: it is for all sites.
  let ownPort: UInt16
}

typealias ListenerRef = UnsafeMutablePointer<Listener>

/// The memory that a loop receives into and writes heads in, of whichever connection.
struct LoopMemory {
  /// A head and a large body. Fewer, larger reads halve the cost of a large answer, but what was read should still be
  /// in a core's own cache when it is sent: a whole MiB costs a tenth more.
  static let scratch = 768 << 10
  /// Before the scratch: a rewritten head is put right before its body, so that both leave in one send.
  static let headroom = 128 << 10
  static let firstRead = 32 << 10

  private let allocation: UnsafeMutablePointer<UInt8>
  let scratch: UnsafeMutablePointer<UInt8>
  /// For heads and answers that the front writes itself.
  let outgoing: UnsafeMutablePointer<UInt8>

  init() {
    allocation = .allocate(capacity: Self.headroom + Self.scratch)
    scratch = allocation + Self.headroom
    outgoing = .allocate(capacity: Self.headroom)
  }
}
