import Glibc
import Linux

/// From a request to a connection of the release that is to answer it, or to the queue of those that wait.
extension Loop {
  /// Choosing the release and counting the request there is one step: a switch comes before it or after it.
  func dispatch(_ client: ClientRef) {
    client.pointee.phase = .exchange
    client.pointee.deadline = 0
    move(client, to: .busy)
    let site = client.pointee.site
    switch client.pointee.route {
    case .nowhere: unavailable(client)
    case .webhook:
      guard let webhook = state.pointee.webhook else { return unavailable(client) }
      send(client, to: webhook)
    case .fallback:
      guard let backend = site.pointee.fallback ?? site.pointee.live else { return unavailable(client) }
      send(client, to: backend)
    case .site:
      if !site.pointee.maintenance.isEmpty { return maintain(client) }
      switch (site.pointee.mode, site.pointee.live) {
      case (.serving, let live?): send(client, to: live)
      case (.holding, _): hold(client)
      default: unavailable(client)
      }
    }
  }

  private func hold(_ client: ClientRef) {
    guard hasRoomToWait(client) else { return unavailable(client) }
    client.pointee.refusedUntil = 0
    state.pointee.counters.held += 1
    park(client, until: state.pointee.now + times.hold)
  }

  /// Each site has the whole of it: what waits for one keeps nobody from waiting for another.
  private func hasRoomToWait(_ client: ClientRef) -> Bool {
    client.pointee.site.pointee.parked.count < limits.held
  }

  private func park(_ client: ClientRef, until deadline: Int64) {
    client.pointee.phase = .parked
    client.pointee.deadline = deadline
    move(client, to: .parked)
    watch(client)
    if !client.pointee.endpoint.isClosed, client.pointee.endpoint.isPeerClosed { close(client) }
  }

  /// Everything that waits is looked at anew, first come, first served.
  func dispatchParked(of site: SiteRef) {
    for _ in 0..<site.pointee.parked.count {
      guard let client = site.pointee.parked.first else { return }
      dispatch(client)
    }
  }

  // MARK: Connections

  private func send(_ client: ClientRef, to backend: BackendRef) {
    if !client.pointee.needsFreshConnection, let upstream = takeIdle(backend, for: client) {
      upstream.pointee.isReused = true
      return send(client, on: upstream)
    }
    do throws(SystemError) {
      let upstream = try connect(to: backend)
      if client.pointee.isShort {
        client.pointee.isShort = false
        client.pointee.refusedUntil = 0
      }
      state.pointee.counters.upstreamConnects += 1
      send(client, on: upstream)
    } catch {
      error.isShortage ? waitForDescriptor(client) : connectFailed(client, backend, error.code)
    }
  }

  /// The shortage is the front's own: no fault of the app, and over as soon as others have their answers.
  private func waitForDescriptor(_ client: ClientRef) {
    let now = state.pointee.now
    if !client.pointee.isShort {
      client.pointee.isShort = true
      client.pointee.refusedUntil = now + times.hold
    }
    guard client.pointee.refusedUntil > now else { return unavailable(client) }
    park(client, until: .max)
  }

  private func send(_ client: ClientRef, on upstream: UpstreamRef) {
    upstream.pointee.client = client
    upstream.pointee.backend.pointee.active.prepend(upstream)
    upstream.pointee.hasAnswered = false
    upstream.pointee.sentBefore = upstream.pointee.sent
    client.pointee.upstream = upstream
    client.pointee.replaySent = 0
    flushRequest(client, upstream)
    if !client.pointee.isRequestDone { makeReady(client) }
    // Its head was whole only after the stop.
    let backend = upstream.pointee.backend
    if state.pointee.isStopping, backend.pointee.drain == nil { drainForStop(backend) }
  }

  private func takeIdle(_ backend: BackendRef, for client: ClientRef) -> UpstreamRef? {
    let isOnlyOnce = !client.pointee.method.isIdempotent
    if isOnlyOnce { observeIdle(backend) }
    while let upstream = backend.pointee.idle.first {
      let age = state.pointee.now - upstream.pointee.idleSince
      // The newest is first: the others are older still.
      if isOnlyOnce ? !backend.pointee.idleness.allows(age) : age > times.pool { return nil }
      removeIdle(upstream)
      if age < 2 || isQuiet(upstream) { return upstream }
      backend.pointee.idleness.noteEnd(after: age)
      close(upstream)
    }
    return nil
  }

  /// Until enough is known of how long the app keeps its connections.
  private func observeIdle(_ backend: BackendRef) {
    guard !backend.pointee.idleness.isProven, let oldest = backend.pointee.idle.last, isQuiet(oldest)
    else { return }
    backend.pointee.idleness.noteLife(of: state.pointee.now - oldest.pointee.idleSince)
  }

  private func isQuiet(_ upstream: UpstreamRef) -> Bool {
    var byte: UInt8 = 0
    let flags = Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)
    return recv(upstream.pointee.endpoint.fd, &byte, 1, flags) < 0 && errno == EAGAIN
  }

  private func connect(to backend: BackendRef) throws(SystemError) -> UpstreamRef {
    guard hasDescriptors || makeRoom() && hasDescriptors else {
      throw SystemError(code: EMFILE, operation: "socket")
    }
    let family = Int32(backend.pointee.address.ss_family)
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let fd = try systemCall("socket") { socket(family, kind, 0) }
    if !backend.pointee.isUnix {
      var yes: Int32 = 1
      setsockopt(fd, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    }
    let result = withUnsafePointer(to: &backend.pointee.address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(fd, $0, backend.pointee.addressLength)
      }
    }
    if result != 0, errno != EINPROGRESS {
      let error = SystemError(code: errno, operation: "connect")
      _ = Glibc.close(fd)
      throw error
    }
    let upstream = UpstreamRef.allocate(capacity: 1)
    upstream.initialize(to: Upstream(endpoint: Endpoint(.upstream, fd), backend: backend))
    do throws(SystemError) {
      try register(UnsafeMutableRawPointer(upstream), fd, Self.edges)
    } catch {
      upstream.deallocate()
      _ = Glibc.close(fd)
      throw error
    }
    upstream.pointee.endpoint.isRegistered = true
    state.pointee.upstreams += 1
    return upstream
  }

  func retry(_ client: ClientRef) {
    if client.pointee.refusedUntil == 0 { client.pointee.refusedUntil = state.pointee.now + times.refusal }
    hasRoomToWait(client) ? park(client, until: .max) : dispatch(client)
  }

  /// Perhaps the app has just ended, and whoever looks after it is about to put something in its place.
  func connectFailed(_ client: ClientRef, _ backend: BackendRef, _ code: Int32) {
    let now = state.pointee.now
    if client.pointee.refusedUntil == 0 { client.pointee.refusedUntil = now + times.refusal }
    if client.pointee.refusedUntil > now, hasRoomToWait(client) {
      return park(client, until: Int64.max)
    }
    backend.pointee.tally.requests += 1
    backend.pointee.tally.failures += 1
    fail(client, "the app does not take connections")
  }

  // MARK: Sending

  /// What there is of the request. Called again whenever there is room for more.
  func flushRequest(_ client: ClientRef, _ upstream: UpstreamRef) {
    let count = client.pointee.replay.count
    while Int(client.pointee.replaySent) < count {
      let done = Int(client.pointee.replaySent)
      let sent = write(upstream, client.pointee.replay.bytes + done, count - done)
      guard sent >= 0 else { return requestFailed(client, upstream) }
      client.pointee.replaySent += UInt32(sent)
      if sent < count - done { return waitForApp(client, upstream) }
    }
    while !upstream.pointee.endpoint.out.isEmpty {
      let waiting = upstream.pointee.endpoint.out.count
      let sent = write(upstream, upstream.pointee.endpoint.out.bytes, waiting)
      guard sent >= 0 else { return requestFailed(client, upstream) }
      upstream.pointee.endpoint.out.consume(sent)
      if sent < waiting { return waitForApp(client, upstream) }
    }
    upstream.pointee.endpoint.out.deallocate()
    if client.pointee.phase == .tunnel { return passHalfCloseUp(client) }
    restoreDeadline(client)
    finishIfAnswered(client)
  }

  private func waitForApp(_ client: ClientRef, _ upstream: UpstreamRef) {
    guard client.pointee.phase == .exchange else { return }
    client.pointee.deadline =
      state.pointee.now + (upstream.pointee.isConnected ? times.stall : times.connect)
  }

  private func write(_ upstream: UpstreamRef, _ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int {
    let sent = transmit(upstream.pointee.endpoint.fd, bytes, count)
    if sent > 0 {
      upstream.pointee.sent += UInt64(sent)
      upstream.pointee.isConnected = true
    }
    return sent
  }

  /// More of the body, or of a tunnel: what is not taken at once waits.
  func send(_ upstream: UpstreamRef, _ bytes: UnsafePointer<UInt8>, _ count: Int) {
    guard let client = upstream.pointee.client else { return }
    let sent = write(upstream, bytes, count)
    guard sent >= 0 else { return requestFailed(client, upstream) }
    upstream.pointee.endpoint.isSlow = sent < count
    if sent < count {
      upstream.pointee.endpoint.out.append(bytes + sent, count - sent)
      waitForApp(client, upstream)
    }
  }

  /// It may have answered before it stopped listening: that answer counts.
  private func requestFailed(_ client: ClientRef, _ upstream: UpstreamRef) {
    guard upstream.pointee.isConnected else {
      let backend = upstream.pointee.backend
      let code = errno
      close(upstream)
      return connectFailed(client, backend, code)
    }
    upstream.pointee.endpoint.out.deallocate()
    upstream.pointee.keepsAlive = false
    client.pointee.isRequestCut = true
    client.pointee.isInputOver = true
    upstream.pointee.endpoint.isReadable = true
    makeReady(client)
  }
}
