import CLinux
import Glibc

/// Connections to apps: the pool, and how an exchange ends on one.
extension Loop {
  func upstreamEvent(_ upstream: UpstreamRef, _ bits: UInt32) {
    guard let client = upstream.pointee.client else {
      // Nobody asked it anything: it has ended, or is out of step.
      if upstream.pointee.endpoint.isReadable {
        upstream.pointee.backend.pointee.idleness.noteEnd(
          after: state.pointee.now - upstream.pointee.idleSince)
        discard(upstream)
      }
      return
    }
    if upstream.pointee.endpoint.isReadable {
      readUpstream(upstream)
      if upstream.pointee.endpoint.isClosed || upstream.pointee.client != client { return }
    }
    guard bits & EPOLLOUT.rawValue != 0, hasUnsent(client, upstream) else { return }
    flushRequest(client, upstream)
    if upstream.pointee.endpoint.isClosed || client.pointee.endpoint.isClosed { return }
    if upstream.pointee.endpoint.out.isEmpty { readClient(client) }
  }

  private func hasUnsent(_ client: ClientRef, _ upstream: UpstreamRef) -> Bool {
    Int(client.pointee.replaySent) < client.pointee.replay.count || !upstream.pointee.endpoint.out.isEmpty
  }

  /// What the app has sent, as far as the client takes it.
  func readUpstream(_ upstream: UpstreamRef) {
    guard let client = upstream.pointee.client else { return }
    var budget = 6
    while upstream.pointee.endpoint.isReadable, client.pointee.endpoint.out.isEmpty {
      if budget == 0 { return makeReady(client) }
      budget -= 1
      var held = 0
      if !upstream.pointee.inbox.isEmpty {
        held = upstream.pointee.inbox.count
        memcpy(memory.scratch, upstream.pointee.inbox.bytes, held)
      }
      let room = readSize(towards: client.pointee.endpoint) - held
      let count: Int
      switch receive(endpoint(of: upstream), memory.scratch + held, room) {
      case .bytes(let received): count = received
      case .nothing: return
      case .end: return upstreamEnded(client, upstream, isClean: true)
      case .failure: return upstreamEnded(client, upstream, isClean: false)
      }
      if client.pointee.isResponseDone { return answeredTwice(client, upstream) }
      upstream.pointee.hasAnswered = true
      if client.pointee.phase == .tunnel {
        tunnelDown(client, upstream, memory.scratch, count)
      } else {
        answered(client, upstream, memory.scratch, held + count)
      }
      if upstream.pointee.endpoint.isClosed || upstream.pointee.client != client { return }
    }
  }

  /// The app has ended the connection, cleanly or not.
  private func upstreamEnded(_ client: ClientRef, _ upstream: UpstreamRef, isClean: Bool) {
    if client.pointee.phase == .tunnel { return tunnelEnded(client, upstream, isClean: isClean) }
    if client.pointee.isResponseDone { return answeredTwice(client, upstream) }
    if client.pointee.hasResponse {
      if isClean, client.pointee.responseFraming == .untilClose {
        return finishResponse(client, upstream, isKept: false)
      }
      return abort(client)
    }
    let backend = upstream.pointee.backend
    let isUnused = !upstream.pointee.hasAnswered
    let isUntouched = isUnused && isClean && !backend.pointee.isUnix && nothingArrived(upstream)
    let wasConnected = upstream.pointee.isConnected
    close(upstream)
    if !wasConnected { return connectFailed(client, backend, ECONNREFUSED) }
    if isUnused, client.pointee.isReplayWhole, client.pointee.retries == 0,
      client.pointee.method.isIdempotent || isUntouched
    {
      client.pointee.retries = 1
      client.pointee.needsFreshConnection = true
      client.pointee.isRequestCut = false
      state.pointee.counters.retried += 1
      // In a moment: if the app is ending, its listening socket goes last.
      return retry(client)
    }
    // A method that nobody knows may well be more than the app can bear; that says nothing about the release.
    count(backend, isFailure: client.pointee.method != .other)
    fail(client, "the app ended the connection without an answer")
  }

  /// Whether the app's kernel had no byte of the request when the app said that it sends no more: then the app
  /// cannot have seen it. After a reset this says nothing: what that acknowledges is not looked at.
  private func nothingArrived(_ upstream: UpstreamRef) -> Bool {
    let acknowledged = clinux_bytes_acknowledged(upstream.pointee.endpoint.fd)
    // The kernel counts the SYN as one.
    return acknowledged >= 0 && UInt64(acknowledged) <= upstream.pointee.sentBefore + 1
  }

  func count(_ backend: BackendRef, isFailure: Bool) {
    backend.pointee.tally.requests += 1
    if isFailure { backend.pointee.tally.failures += 1 }
  }

  // MARK: The pool

  /// The exchange on it is over.
  func release(_ upstream: UpstreamRef, isKept: Bool) {
    let backend = upstream.pointee.backend
    giveBack(&upstream.pointee.inbox)
    upstream.pointee.scanned = 0
    guard isKept, backend.pointee.isWanted, !upstream.pointee.endpoint.isPeerClosed,
      !state.pointee.isStopping
    else { return close(upstream) }
    detach(upstream)
    upstream.pointee.idleSince = state.pointee.now
    backend.pointee.idle.prepend(upstream)
    state.pointee.idleUpstreams += 1
  }

  private func detach(_ upstream: UpstreamRef) {
    guard let client = upstream.pointee.client else { return }
    upstream.pointee.client = nil
    client.pointee.upstream = nil
    upstream.pointee.backend.pointee.active.remove(upstream)
  }

  func removeIdle(_ upstream: UpstreamRef) {
    upstream.pointee.backend.pointee.idle.remove(upstream)
    state.pointee.idleUpstreams -= 1
  }

  private func discard(_ upstream: UpstreamRef) {
    removeIdle(upstream)
    close(upstream)
  }

  /// Of a connection that is in no pool.
  func close(_ upstream: UpstreamRef) {
    guard !upstream.pointee.endpoint.isClosed else { return }
    upstream.pointee.endpoint.isClosed = true
    detach(upstream)
    closeDescriptor(endpoint(of: upstream))
    giveBack(&upstream.pointee.inbox)
    upstream.pointee.endpoint.out.deallocate()
    state.pointee.upstreams -= 1
    state.pointee.closedUpstreams.append(upstream)
    finishDrainIfDone(upstream.pointee.backend)
  }

  /// False: there is none.
  func closeOldestIdle() -> Bool {
    for backend in state.pointee.backends {
      guard let oldest = backend.pointee.idle.last else { continue }
      discard(oldest)
      return true
    }
    return false
  }

  func closeIdle(of backend: BackendRef) {
    while let upstream = backend.pointee.idle.first { discard(upstream) }
  }
}
