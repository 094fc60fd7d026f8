import Linux

/// What the manager asks of a loop.
extension Loop {
  func serve(_ target: Target, on site: SiteRef) {
    let backend = backend(for: target)
    endDrain(of: backend)
    let before = site.pointee.live
    site.pointee.live = backend
    site.pointee.mode = .serving
    if before != backend { state.pointee.counters.switches += 1 }
    settleBackends()
    dispatchParked(of: site)
  }

  func hold(_ site: SiteRef) {
    site.pointee.mode = .holding
    // Whoever waits for a connection that is refused waits for the next release now. The others wait already.
    var next = site.pointee.parked.first
    while let client = next {
      next = client.pointee.next
      guard client.pointee.refusedUntil != 0 else { continue }
      client.pointee.refusedUntil = 0
      client.pointee.isShort = false
      client.pointee.deadline = state.pointee.now + times.hold
      state.pointee.refused -= 1
      state.pointee.counters.held += 1
    }
  }

  func refuse(_ site: SiteRef) {
    site.pointee.mode = .refusing
    site.pointee.live = nil
    settleBackends()
    dispatchParked(of: site)
  }

  func setMaintenance(_ text: String?, on site: SiteRef) {
    site.pointee.maintenance.clear()
    guard let text else { return }
    let page = Page.maintenance(text)
    page.withUnsafeBufferPointer { bytes in
      if let base = bytes.baseAddress { site.pointee.maintenance.append(base, bytes.count) }
    }
    dispatchParked(of: site)
  }

  func setFallback(_ target: Target?, on site: SiteRef) {
    site.pointee.fallback = target.map(backend(for:))
    settleBackends()
  }

  func tally(of target: Target) -> Tally { known(target)?.pointee.tally ?? Tally() }

  func metrics() -> FrontMetrics {
    var metrics = state.pointee.counters
    metrics.connections = state.pointee.clients
    metrics.waiting = state.pointee.parked
    metrics.inFlight = state.pointee.backends.reduce(0) { $0 + $1.pointee.inFlight }
    return metrics
  }

  func metrics(of site: SiteRef) -> SiteMetrics {
    var metrics = SiteMetrics()
    for digit in metrics.responses.indices { metrics.responses[digit] = site.pointee.responses[digit] }
    metrics.waiting = site.pointee.parked.count
    return metrics
  }

  // MARK: Backends

  func known(_ target: Target) -> BackendRef? {
    state.pointee.backends.first {
      $0.pointee.target.toOpaque() == Unmanaged.passUnretained(target).toOpaque()
    }
  }

  func backend(for target: Target) -> BackendRef {
    if let known = known(target) { return known }
    let backend = BackendRef.allocate(capacity: 1)
    backend.initialize(to: Backend(target))
    state.pointee.backends.append(backend)
    return backend
  }

  /// Connections are kept to what serves; what has not served for long is forgotten.
  func settleBackends() {
    for backend in state.pointee.backends {
      backend.pointee.isWanted =
        backend == state.pointee.webhook
        || state.pointee.sites.contains { $0.pointee.live == backend || $0.pointee.fallback == backend }
      if !backend.pointee.isWanted { closeIdle(of: backend) }
    }
    let unused = state.pointee.backends.filter {
      !$0.pointee.isWanted && $0.pointee.inFlight == 0 && $0.pointee.drain == nil
    }
    // The last ones are still asked for their tally. Connections that were closed in this turn name theirs yet.
    for backend in unused.dropLast(8) {
      state.pointee.backends.removeAll { $0 == backend }
      backend.pointee.target.release()
      backend.deinitialize(count: 1)
      backend.deallocate()
    }
  }

  // MARK: Stopping

  /// No new connections; every stream ends, and the rest may go on until `deadline`.
  func stop(until deadline: Int64) {
    closeListeners()
    state.pointee.isStopping = true
    // Asked again, it can only be sooner.
    state.pointee.stopsBy = min(state.pointee.stopsBy, deadline)
    for site in state.pointee.sites where site.pointee.mode == .holding { refuse(site) }
    // A request may have come that was not looked at yet: it is still answered.
    while let client = state.pointee.idle.first {
      client.pointee.endpoint.isReadable = true
      readClient(client)
      if client.pointee.list == .idle { close(client) }
    }
    for backend in state.pointee.backends where backend.pointee.inFlight > 0 { drainForStop(backend) }
    finishStopIfDone()
  }

  func drainForStop(_ backend: BackendRef) {
    drain(
      backend, Drain(requestsUntil: state.pointee.stopsBy, streamsUntil: state.pointee.now, done: { _ in }))
  }

  func finishStopIfDone() {
    if state.pointee.now >= state.pointee.stopsBy {
      while let client = state.pointee.busy.first { close(client) }
    }
    guard state.pointee.clients == 0 else { return }
    state.pointee.hasStopped = true
  }
}
