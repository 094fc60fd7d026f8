import Glibc

/// From the app's bytes to the client's.
extension Loop {
  func answered(
    _ client: ClientRef, _ upstream: UpstreamRef, _ bytes: UnsafeMutablePointer<UInt8>, _ count: Int
  ) {
    var bytes = bytes
    var count = count
    while !client.pointee.hasResponse {
      if count == 0 { return giveBack(&upstream.pointee.inbox) }
      let result = responses.pointee.parse(
        bytes, count, scanned: Int(upstream.pointee.scanned), to: client.pointee.method)
      switch result {
      case .incomplete(let scanned):
        upstream.pointee.scanned = UInt32(scanned)
        return keep(bytes, count, in: upstream)
      case .refused(let refusal): return failed(client, upstream, refusal.reason)
      case .complete: break
      }
      upstream.pointee.scanned = 0
      let head = responses.pointee.head
      if head.status >= 200 {
        return begin(client, upstream, bytes, count)
      }
      if head.status == 101 { return beginTunnel(client, upstream, bytes, count) }
      sendInterim(client, bytes)
      if client.pointee.endpoint.isClosed { return }
      bytes += head.length
      count -= head.length
    }
    forward(client, upstream, bytes, count)
  }

  private func keep(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, in upstream: UpstreamRef) {
    if upstream.pointee.inbox.capacity == 0 { upstream.pointee.inbox = takeBuffer() }
    upstream.pointee.inbox.clear()
    upstream.pointee.inbox.append(bytes, count)
  }

  /// The answer cannot be passed on.
  private func failed(_ client: ClientRef, _ upstream: UpstreamRef, _ reason: StaticString) {
    self.count(upstream.pointee.backend, isFailure: true)
    close(upstream)
    client.pointee.hasResponse ? abort(client) : fail(client, reason)
  }

  /// 100 once and to whom waits for it; the others to whom knows them.
  private func sendInterim(_ client: ClientRef, _ bytes: UnsafeMutablePointer<UInt8>) {
    guard client.pointee.minorVersion > 0 else { return }
    if responses.pointee.head.status == 100 {
      guard client.pointee.expectsContinue, !client.pointee.hasContinued else { return }
      client.pointee.hasContinued = true
    }
    let written = responses.pointee.write(
      bytes, to: memory.outgoing, capacity: LoopMemory.headroom, clientMinor: 1, connection: .none,
      dropsChunked: false)
    if written > 0 { send(client, memory.outgoing, written) }
  }

  // MARK: The head

  private func begin(
    _ client: ClientRef, _ upstream: UpstreamRef, _ bytes: UnsafeMutablePointer<UInt8>, _ count: Int
  ) {
    let head = responses.pointee.head
    if head.status == 404, client.pointee.isAsset, asksFallback(client, upstream, head, count) { return }
    upstream.pointee.keepsAlive = upstream.pointee.keepsAlive && head.keepsAlive
    client.pointee.status = head.status
    client.pointee.responseFraming = head.framing
    client.pointee.responseRemaining = head.contentLength
    // Where an event ends cannot be seen in a compressed one.
    client.pointee.isEventStream = head.isEventStream && !head.isEncoded && head.framing != .none
    client.pointee.dropsChunked = client.pointee.minorVersion == 0 && head.framing == .chunked
    if head.framing == .chunked { client.pointee.responseChunks = ChunkScanner() }
    if head.isEventStream { client.pointee.events = EventStreamScanner() }
    client.pointee.isBodyWanted = !client.pointee.isRequestDone && wantsBody(client, upstream)
    client.pointee.closesAfter =
      !client.pointee.keepsAlive || !client.pointee.isRequestDone && !client.pointee.isBodyWanted
      || client.pointee.isLeaving || state.pointee.isStopping || head.framing == .untilClose
      || client.pointee.dropsChunked
    let connection: ConnectionHeader =
      client.pointee.closesAfter ? .close : client.pointee.minorVersion == 0 ? .keepAlive : .none
    let written = responses.pointee.write(
      bytes, to: memory.outgoing, capacity: LoopMemory.headroom, clientMinor: client.pointee.minorVersion,
      connection: connection, dropsChunked: client.pointee.dropsChunked)
    guard written > 0 else { return failed(client, upstream, "the app's answer has too large a head") }
    let body = bytes + head.length
    guard let portion = take(client, body, count - head.length) else {
      return failed(client, upstream, "the app's chunked answer is malformed")
    }
    client.pointee.hasResponse = true
    giveBack(&upstream.pointee.inbox)
    dropReplay(client)
    self.count(upstream.pointee.backend, isFailure: head.status >= 500)
    // Right before the body, so that both leave in one send.
    let place = body - written
    memcpy(place, memory.outgoing, written)
    send(client, place, written + portion.length, isLast: portion.isDone)
    if client.pointee.endpoint.isClosed { return }
    finish(client, upstream, portion)
  }

  /// Where the app answers before it has the whole request, the rest still goes to it, unless it wants no more or
  /// the client does not know whether to send it.
  private func wantsBody(_ client: ClientRef, _ upstream: UpstreamRef) -> Bool {
    if client.pointee.isRequestCut || !upstream.pointee.keepsAlive { return false }
    return !client.pointee.expectsContinue || client.pointee.hasContinued
  }

  /// It is needed no more, once it is sent.
  private func dropReplay(_ client: ClientRef) {
    client.pointee.isReplayWhole = false
    guard Int(client.pointee.replaySent) == client.pointee.replay.count else { return }
    giveBack(&client.pointee.replay)
    client.pointee.replaySent = 0
  }

  /// The page is of the release before: it has the asset, if any has.
  private func asksFallback(
    _ client: ClientRef, _ upstream: UpstreamRef, _ head: ResponseHead, _ count: Int
  ) -> Bool {
    guard client.pointee.route == .site, client.pointee.isReplayWhole,
      client.pointee.site.pointee.fallback != nil
    else { return false }
    let isWhole =
      head.framing == .none
      || head.framing == .length && UInt64(count - head.length) == head.contentLength
    release(upstream, isKept: isWhole && head.keepsAlive)
    client.pointee.route = .fallback
    dispatch(client)
    return true
  }

  // MARK: The body

  private struct Portion {
    var length = 0
    var isDone = false
    /// The app has sent more than its answer: whatever that is, nobody asked for it.
    var hasExtra = false
  }

  private func forward(
    _ client: ClientRef, _ upstream: UpstreamRef, _ bytes: UnsafeMutablePointer<UInt8>, _ count: Int
  ) {
    guard let portion = take(client, bytes, count) else {
      return failed(client, upstream, "the app's chunked answer is malformed")
    }
    if portion.length > 0 { send(client, bytes, portion.length, isLast: portion.isDone) }
    if client.pointee.endpoint.isClosed { return }
    finish(client, upstream, portion)
  }

  private func finish(_ client: ClientRef, _ upstream: UpstreamRef, _ portion: Portion) {
    if portion.isDone {
      finishResponse(client, upstream, isKept: upstream.pointee.keepsAlive && !portion.hasExtra)
    } else {
      if client.pointee.deadline != 0, client.pointee.endpoint.isPeerClosed, client.pointee.isRequestDone {
        client.pointee.deadline = state.pointee.now + Self.halfClosed
      }
      if client.pointee.isEnding { endAtBoundary(client) }
    }
  }

  private func take(_ client: ClientRef, _ bytes: UnsafeMutablePointer<UInt8>, _ count: Int) -> Portion? {
    switch client.pointee.responseFraming {
    case .none: return Portion(length: 0, isDone: true, hasExtra: count > 0)
    case .untilClose:
      note(client, bytes, count)
      return Portion(length: count)
    case .length:
      let length = Int(min(UInt64(count), client.pointee.responseRemaining))
      client.pointee.responseRemaining -= UInt64(length)
      note(client, bytes, length)
      return Portion(
        length: length, isDone: client.pointee.responseRemaining == 0, hasExtra: count > length)
    case .chunked: return takeChunks(client, bytes, count)
    }
  }

  private func takeChunks(_ client: ClientRef, _ bytes: UnsafeMutablePointer<UInt8>, _ count: Int)
    -> Portion?
  {
    var kept = bytes
    let drops = client.pointee.dropsChunked
    let isEventStream = client.pointee.isEventStream
    let result = client.pointee.responseChunks.scan(bytes, count) { data, length in
      if isEventStream { self.note(client, data, length) }
      guard drops else { return }
      memmove(kept, data, length)
      kept += length
    }
    if result.state == .invalid { return nil }
    return Portion(
      length: drops ? kept - bytes : result.consumed, isDone: result.state == .complete,
      hasExtra: count > result.consumed)
  }

  private func note(_ client: ClientRef, _ data: UnsafePointer<UInt8>, _ count: Int) {
    guard client.pointee.isEventStream else { return }
    _ = client.pointee.events.advance(data, count, stopAtBoundary: false)
  }

  // MARK: The end

  func finishResponse(_ client: ClientRef, _ upstream: UpstreamRef, isKept: Bool) {
    if isKept, client.pointee.isBodyWanted, !client.pointee.isRequestCut, isSending(client, upstream) {
      client.pointee.isResponseDone = true
      return
    }
    release(upstream, isKept: isKept && !isSending(client, upstream))
    finishRequest(client)
  }

  /// The app has not got all of the request yet.
  private func isSending(_ client: ClientRef, _ upstream: UpstreamRef) -> Bool {
    !client.pointee.isRequestDone || client.pointee.isRequestCut
      || Int(client.pointee.replaySent) != client.pointee.replay.count
      || !upstream.pointee.endpoint.out.isEmpty
  }

  /// Of a request that was answered before it was whole: now it is.
  func finishIfAnswered(_ client: ClientRef) {
    guard client.pointee.isResponseDone, let upstream = client.pointee.upstream,
      !isSending(client, upstream)
    else { return }
    finishResponse(client, upstream, isKept: true)
  }

  /// Its answer was whole already, and now it has more to say or none at all: it takes no more of the request.
  func answeredTwice(_ client: ClientRef, _ upstream: UpstreamRef) {
    close(upstream)
    client.pointee.closesAfter = true
    finishRequest(client)
  }

  /// The client has its answer.
  func finishRequest(_ client: ClientRef) {
    observe(client)
    finishRecord(client)
    giveBack(&client.pointee.replay)
    client.pointee.replaySent = 0
    if client.pointee.closesAfter || state.pointee.isStopping { return end(client) }
    client.pointee.phase = .head
    client.pointee.deadline = client.pointee.endpoint.out.isEmpty ? 0 : state.pointee.now + times.stall
    client.pointee.hasResponse = false
    if !client.pointee.hasUnparsed, !client.pointee.endpoint.isReadable,
      client.pointee.endpoint.isRegistered, client.pointee.endpoint.out.isEmpty
    {
      move(client, to: .idle)
      client.pointee.deadline = state.pointee.now + times.idle
    } else {
      makeReady(client)
    }
  }

  func observe(_ client: ClientRef) {
    let status = client.pointee.status
    state.pointee.counters.observe(
      status: status, microseconds: state.pointee.microseconds - client.pointee.startedAt)
    switch client.pointee.route {
    case .site, .fallback: client.pointee.site.pointee.count(status)
    case .nowhere, .webhook: break
    }
  }
}
