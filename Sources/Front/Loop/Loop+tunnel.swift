import Glibc

/// Upgraded connections: bytes both ways, each way with an end of its own.
extension Loop {
  func beginTunnel(
    _ client: ClientRef, _ upstream: UpstreamRef, _ bytes: UnsafeMutablePointer<UInt8>, _ count: Int
  ) {
    guard client.pointee.upgrade != .none, client.pointee.isRequestDone else {
      self.count(upstream.pointee.backend, isFailure: true)
      close(upstream)
      return fail(client, "the app switched protocols without being asked to")
    }
    let head = responses.pointee.head
    let written = responses.pointee.write(
      bytes, to: memory.outgoing, capacity: LoopMemory.headroom, clientMinor: 1, connection: .upgrade,
      dropsChunked: false)
    let body = bytes + head.length
    let length = count - head.length
    guard written > 0 else {
      close(upstream)
      return fail(client, "the app's answer has too large a head")
    }
    self.count(upstream.pointee.backend, isFailure: false)
    client.pointee.phase = .tunnel
    client.pointee.status = head.status
    client.pointee.hasResponse = true
    client.pointee.isInputOver = false
    client.pointee.isOutputOver = false
    client.pointee.deadline = 0
    client.pointee.frames = FrameScanner()
    upstream.pointee.keepsAlive = false
    observe(client)
    giveBack(&client.pointee.replay)
    client.pointee.replaySent = 0
    giveBack(&upstream.pointee.inbox)
    if client.pointee.upgrade == .webSocket {
      _ = client.pointee.frames.advance(body, length, stopAtBoundary: false)
    }
    memcpy(body - written, memory.outgoing, written)
    send(client, body - written, written + length)
    // It may have gone on without waiting for the answer.
    if !client.pointee.endpoint.isClosed, !client.pointee.inbox.isEmpty {
      send(upstream, client.pointee.inbox.bytes, client.pointee.inbox.count)
      giveBack(&client.pointee.inbox)
      client.pointee.hasUnparsed = false
    }
    if client.pointee.endpoint.isClosed { return }
    watch(client)
    if !client.pointee.endpoint.isClosed { makeReady(client) }
  }

  // MARK: Up

  func readTunnel(_ client: ClientRef) {
    guard let upstream = client.pointee.upstream, !client.pointee.isInputOver else { return }
    var budget = 8
    while client.pointee.endpoint.isReadable, upstream.pointee.endpoint.out.isEmpty {
      if budget == 0 { return makeReady(client) }
      budget -= 1
      let count: Int
      switch receive(endpoint(of: client), memory.scratch, readSize(towards: upstream.pointee.endpoint)) {
      case .bytes(let received): count = received
      case .nothing: return
      case .end:
        client.pointee.isInputOver = true
        return passHalfCloseUp(client)
      case .failure: return close(client)
      }
      keepHalfOpen(client)
      send(upstream, memory.scratch, count)
      guard !client.pointee.endpoint.isClosed, client.pointee.upstream == upstream else { return }
    }
  }

  func passHalfCloseUp(_ client: ClientRef) {
    guard client.pointee.isInputOver, let upstream = client.pointee.upstream,
      upstream.pointee.endpoint.out.isEmpty
    else { return }
    if client.pointee.isOutputOver || client.pointee.isEnded { return close(client) }
    shutdown(upstream.pointee.endpoint.fd, Int32(SHUT_WR))
    keepHalfOpen(client)
  }

  // MARK: Down

  func tunnelDown(
    _ client: ClientRef, _ upstream: UpstreamRef, _ bytes: UnsafeMutablePointer<UInt8>, _ count: Int
  ) {
    // It has had its Close already.
    if client.pointee.isEnded { return }
    keepHalfOpen(client)
    guard client.pointee.upgrade == .webSocket else { return send(client, bytes, count) }
    let taken = client.pointee.frames.advance(bytes, count, stopAtBoundary: client.pointee.isEnding)
    send(client, bytes, taken)
    if client.pointee.isEnding, !client.pointee.endpoint.isClosed { endAtBoundary(client) }
  }

  func tunnelEnded(_ client: ClientRef, _ upstream: UpstreamRef, isClean: Bool) {
    if !isClean || client.pointee.isEnded { return close(client) }
    // The kernel may tell of the end more than once.
    if client.pointee.isOutputOver {
      upstream.pointee.endpoint.isReadable = false
      if client.pointee.isInputOver { close(client) }
      return
    }
    client.pointee.isOutputOver = true
    upstream.pointee.endpoint.isReadable = false
    keepHalfOpen(client)
    passHalfCloseDown(client)
  }

  func passHalfCloseDown(_ client: ClientRef) {
    guard client.pointee.isOutputOver, client.pointee.endpoint.out.isEmpty else { return }
    if client.pointee.isInputOver { return close(client) }
    shutdown(client.pointee.endpoint.fd, Int32(SHUT_WR))
  }

  /// Half a tunnel lasts as long as it is used.
  private func keepHalfOpen(_ client: ClientRef) {
    guard client.pointee.isInputOver || client.pointee.isOutputOver else { return }
    client.pointee.deadline = state.pointee.now + times.stall
  }

  // MARK: The end of a stream whose release goes

  /// Where nothing is cut in two: a WebSocket after a whole frame, SSE after a whole event.
  func endAtBoundary(_ client: ClientRef) {
    guard !client.pointee.isEnded, !client.pointee.endpoint.isClosed else { return }
    if client.pointee.phase == .tunnel {
      guard client.pointee.upgrade == .webSocket else { return close(client) }
      guard client.pointee.frames.isAtBoundary else { return }
      client.pointee.isEnded = true
      let frame: [UInt8] = FrameScanner.closeGoingAway
      frame.withUnsafeBufferPointer { bytes in
        if let base = bytes.baseAddress { send(client, base, bytes.count) }
      }
      // For its answer, which the app gets.
      if !client.pointee.endpoint.isClosed { client.pointee.deadline = state.pointee.now + 1000 }
      return
    }
    guard client.pointee.isEventStream, client.pointee.hasResponse, client.pointee.events.isAtBoundary
    else { return }
    if client.pointee.responseFraming == .chunked {
      guard client.pointee.responseChunks.isBetweenChunks else { return }
      if !client.pointee.dropsChunked {
        let last: [UInt8] = Array("0\r\n\r\n".utf8)
        last.withUnsafeBufferPointer { bytes in
          if let base = bytes.baseAddress { send(client, base, bytes.count) }
        }
      }
    }
    if client.pointee.endpoint.isClosed { return }
    client.pointee.isEnded = true
    client.pointee.closesAfter = true
    if let upstream = client.pointee.upstream { close(upstream) }
    finishRequest(client)
  }
}
