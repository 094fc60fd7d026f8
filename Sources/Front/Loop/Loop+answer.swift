import Glibc

/// What the front says itself.
extension Loop {
  /// The request is not understood, or must not be: nothing after it can be trusted to be one.
  func refuse(_ client: ClientRef, _ refusal: Refusal) {
    if let upstream = client.pointee.upstream { close(upstream) }
    state.pointee.counters.refusedRequests += 1
    client.pointee.keepsAlive = true
    client.pointee.isRequestDone = false
    client.pointee.closesAfter = true
    client.pointee.hasUnparsed = false
    client.pointee.method = .get
    if client.pointee.startedAt == 0 || client.pointee.phase == .head {
      client.pointee.startedAt = state.pointee.microseconds
    }
    if logsAccess, client.pointee.record == nil { beginRecord(client) }
    answer(client, refusal.status, Page.text(refusal.reason))
  }

  /// The app did not answer, or not in a way that can be passed on.
  func fail(_ client: ClientRef, _ reason: StaticString) {
    if client.pointee.route == .fallback {
      return answer(client, 404, Page.text("there is nothing here"))
    }
    answer(client, 502, Page.text(reason))
  }

  func unavailable(_ client: ClientRef) { answer(client, 503, Page.preparing) }

  func maintain(_ client: ClientRef) {
    let page = client.pointee.site.pointee.maintenance
    answer(client, 503, UnsafeBufferPointer(start: page.bytes, count: page.count))
  }

  /// `page`: header fields, an empty line, and the body.
  private func answer(_ client: ClientRef, _ status: UInt16, _ page: [UInt8]) {
    page.withUnsafeBufferPointer { answer(client, status, $0) }
  }

  private func answer(_ client: ClientRef, _ status: UInt16, _ page: UnsafeBufferPointer<UInt8>) {
    client.pointee.phase = .exchange
    client.pointee.deadline = 0
    move(client, to: .busy)
    client.pointee.closesAfter =
      client.pointee.closesAfter || !client.pointee.keepsAlive || !client.pointee.isRequestDone
      || client.pointee.isLeaving || state.pointee.isStopping
    client.pointee.status = status
    let isHead = client.pointee.method == .head
    let length = Page.write(
      status, page, isHead: isHead, closes: client.pointee.closesAfter,
      keepsAlive: client.pointee.minorVersion == 0, to: memory.outgoing, capacity: LoopMemory.headroom)
    send(client, memory.outgoing, length)
    if !client.pointee.endpoint.isClosed { finishRequest(client) }
  }
}
