import CLinux
import Glibc
import Linux

/// One front thread: epoll, and state machines that are driven by it.
///
/// Unchecked: all that can change lies behind `state`, which only the loop's own thread touches. Others post to
/// the mailbox. Nothing in here allocates, locks or asks for the time per request (ARCHITECTURE, "Speed").
final class Loop: @unchecked Sendable {
  let mailbox = Mailbox()
  let configuration: FrontConfiguration
  let limits: FrontLimits
  let times: LoopTimes
  let maximumClients: Int
  /// For clients and upstreams together.
  let maximumDescriptors: Int
  let epoll: Int32
  let memory = LoopMemory()
  let state: UnsafeMutablePointer<LoopState>
  /// Whose all requests are that name no other site's host.
  let main: SiteRef
  /// Where a client belongs whose site is gone: what it still asks for is not there.
  let nowhere: SiteRef
  let requests: UnsafeMutablePointer<RequestParser>
  let responses: UnsafeMutablePointer<ResponseParser>
  let logsAccess: Bool
  let webhookPath: UnsafeBufferPointer<UInt8>?
  let assetPaths: [UnsafeBufferPointer<UInt8>]
  private let mailboxEndpoint: UnsafeMutablePointer<Endpoint>
  private let events: UnsafeMutablePointer<epoll_event>

  private static let batch = 256

  init(_ configuration: FrontConfiguration, descriptors: Int) throws(SystemError) {
    self.configuration = configuration
    maximumDescriptors = descriptors
    // A quarter is for connections to the app: without any the others were no use.
    let most = descriptors - descriptors / 4
    let wanted = configuration.limits.connections
    maximumClients = wanted > 0 ? min(wanted, most) : most
    limits = configuration.limits
    times = LoopTimes(configuration.limits)
    logsAccess = configuration.accessLog != .off
    epoll = try systemCall("epoll_create1") { epoll_create1(Int32(EPOLL_CLOEXEC)) }
    state = .allocate(capacity: 1)
    state.initialize(to: LoopState())
    main = .allocate(capacity: 1)
    main.initialize(to: SiteState(Self.mainNumber))
    nowhere = .allocate(capacity: 1)
    nowhere.initialize(to: SiteState(-1))
    state.pointee.sites = [main, nowhere]
    requests = .allocate(capacity: 1)
    requests.initialize(to: RequestParser(limits: configuration.limits))
    responses = .allocate(capacity: 1)
    responses.initialize(to: ResponseParser(limits: configuration.limits))
    events = .allocate(capacity: Self.batch)
    mailboxEndpoint = .allocate(capacity: 1)
    mailboxEndpoint.initialize(to: Endpoint(.mailbox, mailbox.descriptor))
    webhookPath = configuration.webhook.map { Self.bytes($0.path) }
    assetPaths = configuration.assetPaths.map(Self.bytes)
    state.pointee.random = UInt64.random(in: .min ... .max)
    try register(UnsafeMutableRawPointer(mailboxEndpoint), mailbox.descriptor, EPOLLIN.rawValue)
    readClock()
    if let webhook = configuration.webhook {
      state.pointee.webhook = backend(for: Target(address: webhook.address))
      settleBackends()
    }
  }

  /// For as long as the loop lives: such as can be compared without a copy.
  private static func bytes(_ text: String) -> UnsafeBufferPointer<UInt8> {
    let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: text.utf8.count)
    _ = bytes.initialize(from: text.utf8)
    return UnsafeBufferPointer(bytes)
  }

  // MARK: Running

  /// Until `stop` has been carried out.
  func run() {
    while !state.pointee.hasStopped { turn() }
    // Whoever asks from now on gets the answer that there is nothing any more.
    for message in mailbox.close() { message(self) }
    flushAccessLog()
    _ = Glibc.close(epoll)
  }

  private func turn() {
    let count = epoll_wait(epoll, events, Int32(Self.batch), waitTime())
    readClock()
    for index in 0..<max(0, Int(count)) {
      let event = events[index]
      guard let pointer = event.data.ptr else { continue }
      handle(pointer, event.events)
    }
    runReady()
    if state.pointee.now >= state.pointee.nextSweep { sweep() }
    if logsAccess { flushAccessLog() }
    freeClosed()
  }

  private func handle(_ pointer: UnsafeMutableRawPointer, _ bits: UInt32) {
    let endpoint = pointer.assumingMemoryBound(to: Endpoint.self)
    if endpoint.pointee.isClosed { return }
    switch endpoint.pointee.role {
    case .client:
      note(bits, endpoint)
      clientEvent(pointer.assumingMemoryBound(to: Client.self), bits)
    case .upstream:
      note(bits, endpoint)
      upstreamEvent(pointer.assumingMemoryBound(to: Upstream.self), bits)
    case .listener: accept(pointer.assumingMemoryBound(to: Listener.self))
    case .mailbox: for message in mailbox.take() { message(self) }
    }
  }

  private func note(_ bits: UInt32, _ endpoint: UnsafeMutablePointer<Endpoint>) {
    let ended = EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue
    if bits & (EPOLLIN.rawValue | ended) != 0 { endpoint.pointee.isReadable = true }
    if bits & ended != 0 { endpoint.pointee.isPeerClosed = true }
  }

  func register(_ pointer: UnsafeMutableRawPointer, _ fd: Int32, _ bits: UInt32) throws(SystemError) {
    var event = epoll_event(events: bits, data: epoll_data_t(ptr: pointer))
    try systemCall("epoll_ctl") { epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) }
  }

  static let edges = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET_BITS

  // MARK: Ready

  /// Later in this turn: so that one busy connection cannot keep the others waiting, nor the stack grow.
  func makeReady(_ client: ClientRef) {
    guard !client.pointee.isReady else { return }
    client.pointee.isReady = true
    client.pointee.nextReady = nil
    if let last = state.pointee.lastReady {
      last.pointee.nextReady = client
    } else {
      state.pointee.firstReady = client
    }
    state.pointee.lastReady = client
  }

  private func runReady() {
    var next = state.pointee.firstReady
    state.pointee.firstReady = nil
    state.pointee.lastReady = nil
    while let client = next {
      next = client.pointee.nextReady
      client.pointee.isReady = false
      client.pointee.nextReady = nil
      if client.pointee.endpoint.isClosed { continue }
      dispatchIfAwaited(client)
      if client.pointee.endpoint.isClosed { continue }
      if let upstream = client.pointee.upstream { readUpstream(upstream) }
      if !client.pointee.endpoint.isClosed { readClient(client) }
    }
  }

  /// Before the end of the turn, since what they ask for goes in this one.
  func dispatchAwaited() {
    var next = state.pointee.firstReady
    while let client = next {
      next = client.pointee.nextReady
      if !client.pointee.endpoint.isClosed { dispatchIfAwaited(client) }
    }
  }

  private func dispatchIfAwaited(_ client: ClientRef) {
    guard client.pointee.awaitsDispatch else { return }
    client.pointee.awaitsDispatch = false
    dispatch(client)
  }

  // MARK: Time

  private func readClock() {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    state.pointee.microseconds = Int64(time.tv_sec) &* 1_000_000 &+ Int64(time.tv_nsec) / 1000
    state.pointee.now = state.pointee.microseconds / 1000
  }

  /// With nobody there and nothing to wait for, it sleeps.
  private func waitTime() -> Int32 {
    let state = state
    if state.pointee.firstReady != nil || state.pointee.hasStopped { return 0 }
    let period = sweepPeriod
    if period == 0 { return -1 }
    if state.pointee.nextSweep > state.pointee.now + period {
      state.pointee.nextSweep = state.pointee.now + period
    }
    return Int32(clamping: max(1, state.pointee.nextSweep - state.pointee.now))
  }

  /// 0: nothing to look after.
  private var sweepPeriod: Int64 {
    let state = state
    if state.pointee.refused > 0 || state.pointee.draining > 0 || state.pointee.isStopping { return 20 }
    if state.pointee.busy.count > 0 || state.pointee.parked > 0 || state.pointee.areListenersPaused {
      return 250
    }
    if state.pointee.idle.count > 0 || state.pointee.idleUpstreams > 0 { return 1000 }
    return 0
  }

  // MARK: Memory

  func takeBuffer() -> Buffer { state.pointee.spareBuffers.popLast() ?? Buffer() }

  func giveBack(_ buffer: inout Buffer) {
    if buffer.capacity == 0 { return }
    if buffer.capacity > 16 << 10 || state.pointee.spareBuffers.count >= 64 {
      buffer.deallocate()
    } else {
      buffer.clear()
      state.pointee.spareBuffers.append(buffer)
      buffer = Buffer()
    }
  }

  private func freeClosed() {
    if !state.pointee.closedListeners.isEmpty {
      for listener in state.pointee.closedListeners { listener.deallocate() }
      state.pointee.closedListeners = []
    }
    if !state.pointee.closedClients.isEmpty {
      // What is still in the list of the ready goes once it is out of there.
      state.pointee.closedClients.removeAll {
        if $0.pointee.isReady { return false }
        deallocate($0)
        return true
      }
    }
    if !state.pointee.closedUpstreams.isEmpty {
      for upstream in state.pointee.closedUpstreams { upstream.deallocate() }
      state.pointee.closedUpstreams.removeAll(keepingCapacity: true)
    }
  }
}

/// EPOLLET is 1 << 31, which the importer makes of a type of its own.
let EPOLLET_BITS: UInt32 = 1 << 31
