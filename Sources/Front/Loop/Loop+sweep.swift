/// What happens because time has passed. Coarse on purpose: no request sets a timer.
extension Loop {
  func sweep() {
    let now = state.pointee.now
    state.pointee.nextSweep = .max
    while let client = state.pointee.idle.first, client.pointee.deadline <= now { close(client) }
    var next = state.pointee.busy.first
    while let client = next {
      next = client.pointee.next
      watch(client)
      if client.pointee.deadline != 0, client.pointee.deadline <= now,
        !client.pointee.endpoint.isClosed
      {
        expire(client)
      }
    }
    for site in state.pointee.sites { sweepParked(of: site) }
    for backend in state.pointee.backends { sweep(backend) }
    resumeListeners()
    if state.pointee.isStopping { finishStopIfDone() }
  }

  private func sweepParked(of site: SiteRef) {
    for _ in 0..<site.pointee.parked.count {
      guard let client = site.pointee.parked.first else { return }
      if client.pointee.refusedUntil != 0 {
        dispatch(client)
      } else if client.pointee.deadline <= state.pointee.now {
        unavailable(client)
      } else {
        // To the end of the list and back to where it was: they stay in order.
        move(client, to: .busy)
        move(client, to: .parked)
      }
    }
  }

  private func sweep(_ backend: BackendRef) {
    while let oldest = backend.pointee.idle.last,
      oldest.pointee.idleSince + times.pool <= state.pointee.now
    {
      removeIdle(oldest)
      close(oldest)
    }
    sweepDrain(backend)
  }

  private func expire(_ client: ClientRef) {
    client.pointee.deadline = 0
    switch client.pointee.phase {
    case .head where !client.pointee.endpoint.out.isEmpty: abort(client)
    case .head:
      client.pointee.inbox.isEmpty
        ? close(client)
        : refuse(client, Refusal(status: 408, reason: "the request's head took too long to arrive"))
    case .exchange: expireExchange(client)
    case .closing: abort(client)
    case .tunnel, .lingering: close(client)
    case .parked: break
    }
  }

  private func expireExchange(_ client: ClientRef) {
    // It takes nothing, or it has gone.
    if !client.pointee.endpoint.out.isEmpty { return abort(client) }
    if client.pointee.isRequestDone, client.pointee.endpoint.isPeerClosed { return abort(client) }
    guard let upstream = client.pointee.upstream else { return abort(client) }
    if !upstream.pointee.isConnected {
      let backend = upstream.pointee.backend
      close(upstream)
      return connectFailed(client, backend, 0)
    }
    let isUnsent =
      !upstream.pointee.endpoint.out.isEmpty
      || Int(client.pointee.replaySent) < client.pointee.replay.count
    if client.pointee.hasResponse { return abort(client) }
    if isUnsent {
      count(upstream.pointee.backend, isFailure: true)
      close(upstream)
      return fail(client, "the app does not take the request's body")
    }
    refuse(client, Refusal(status: 408, reason: "the request's body stopped arriving"))
  }
}
