import Glibc

/// The request's body, on its way to the app.
extension Loop {
  /// How many of the bytes after the head belong to the body; nil if it is malformed.
  func takeBody(_ client: ClientRef, _ body: UnsafePointer<UInt8>, _ available: Int) -> Int? {
    switch client.pointee.requestFraming {
    case .none, .untilClose:
      client.pointee.isRequestDone = true
      return 0
    case .length:
      let used = Int(min(UInt64(available), client.pointee.requestRemaining))
      client.pointee.requestRemaining -= UInt64(used)
      client.pointee.isRequestDone = client.pointee.requestRemaining == 0
      return used
    case .chunked:
      client.pointee.requestChunks = ChunkScanner()
      let result = client.pointee.requestChunks.scan(body, available) { _, _ in }
      if result.state == .invalid { return nil }
      client.pointee.isRequestDone = result.state == .complete
      return result.consumed
    }
  }

  func readBody(_ client: ClientRef) {
    guard let upstream = client.pointee.upstream, !client.pointee.isRequestCut else { return }
    var budget = 8
    while client.pointee.endpoint.isReadable, !client.pointee.isRequestDone {
      guard upstream.pointee.endpoint.out.isEmpty,
        Int(client.pointee.replaySent) == client.pointee.replay.count
      else { return }
      if budget == 0 { return makeReady(client) }
      budget -= 1
      let count: Int
      switch receive(endpoint(of: client), memory.scratch, readSize(towards: upstream.pointee.endpoint)) {
      case .bytes(let received): count = received
      case .nothing: return watch(client)
      // It will never be whole: the app must not take it for that.
      case .end, .failure: return abort(client)
      }
      client.pointee.deadline = state.pointee.now + times.stall
      guard let used = takeMoreBody(client, count) else {
        return client.pointee.hasResponse
          ? abort(client) : refuse(client, Refusal(status: 400, reason: "the chunked body is malformed"))
      }
      if count > used {
        client.pointee.inbox = takeBuffer()
        client.pointee.inbox.append(memory.scratch + used, count - used)
        client.pointee.hasUnparsed = true
      }
      client.pointee.isReplayWhole = false
      send(upstream, memory.scratch, used)
      guard client.pointee.upstream == upstream, !client.pointee.endpoint.isClosed else { return }
      if client.pointee.isRequestDone {
        if upstream.pointee.endpoint.out.isEmpty { restoreDeadline(client) }
        return finishIfAnswered(client)
      }
    }
    if !client.pointee.isRequestDone { watch(client) }
  }

  private func takeMoreBody(_ client: ClientRef, _ count: Int) -> Int? {
    guard client.pointee.requestFraming == .chunked else {
      let used = Int(min(UInt64(count), client.pointee.requestRemaining))
      client.pointee.requestRemaining -= UInt64(used)
      client.pointee.isRequestDone = client.pointee.requestRemaining == 0
      return used
    }
    let result = client.pointee.requestChunks.scan(memory.scratch, count) { _, _ in }
    if result.state == .invalid { return nil }
    client.pointee.isRequestDone = result.state == .complete
    return result.consumed
  }

  /// What the other side does not take has to be kept: little for one that was slow before, and less for each when
  /// there are many of them.
  func readSize(towards receiver: Endpoint) -> Int {
    if receiver.isSlow { return 64 << 10 }
    return min(max((64 << 20) / max(state.pointee.clients, 1), 256 << 10), LoopMemory.scratch)
  }

  /// What comes after the last word.
  func discard(_ client: ClientRef) {
    for _ in 0..<16 where client.pointee.endpoint.isReadable {
      switch receive(endpoint(of: client), memory.scratch, LoopMemory.scratch) {
      case .bytes: continue
      case .nothing: return watch(client)
      case .end, .failure: return close(client)
      }
    }
    if client.pointee.endpoint.isReadable { makeReady(client) }
  }
}
