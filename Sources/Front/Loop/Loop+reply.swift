import Glibc

/// What the client gets, as fast as it takes it.
extension Loop {
  /// `isLast`: nothing follows.
  func send(_ client: ClientRef, _ bytes: UnsafePointer<UInt8>, _ count: Int, isLast: Bool = false) {
    client.pointee.sentBytes &+= UInt64(count)
    guard client.pointee.endpoint.out.isEmpty else {
      return client.pointee.endpoint.out.append(bytes, count)
    }
    let sent = transmit(
      client.pointee.endpoint.fd, bytes, count,
      isLast: isLast && client.pointee.closesAfter && expectsEnd(client))
    if sent == count { return client.pointee.endpoint.isSlow = false }
    guard sent >= 0 else { return abort(client) }
    client.pointee.endpoint.isSlow = true
    client.pointee.endpoint.out.append(bytes + sent, count - sent)
    client.pointee.deadline = state.pointee.now + times.stall
    watch(client)
  }

  /// What waits for the client, when it has room again.
  func flush(_ client: ClientRef) {
    while !client.pointee.endpoint.out.isEmpty {
      let waiting = client.pointee.endpoint.out.count
      let sent = transmit(client.pointee.endpoint.fd, client.pointee.endpoint.out.bytes, waiting)
      guard sent >= 0 else { return abort(client) }
      if sent > 0 {
        client.pointee.endpoint.out.consume(sent)
        client.pointee.deadline = state.pointee.now + times.stall
      }
      if sent < waiting { return }
    }
    client.pointee.endpoint.out.deallocate()
    flushed(client)
  }

  private func flushed(_ client: ClientRef) {
    switch client.pointee.phase {
    case .closing: end(client)
    case .head:
      client.pointee.deadline = 0
      makeReady(client)
    case .tunnel, .exchange:
      restoreDeadline(client)
      if client.pointee.phase == .tunnel { passHalfCloseDown(client) }
      if !client.pointee.endpoint.isClosed, let upstream = client.pointee.upstream { readUpstream(upstream) }
    case .parked, .lingering: break
    }
  }

  /// How long it may take to go on, now. 0: as long as it likes.
  func restoreDeadline(_ client: ClientRef) {
    var patience: Int64 = 0
    if !client.pointee.endpoint.out.isEmpty {
      patience = times.stall
    } else if client.pointee.isEnded {
      patience = 1000
    } else if client.pointee.phase == .tunnel {
      if client.pointee.isInputOver || client.pointee.isOutputOver { patience = times.stall }
    } else if !client.pointee.isRequestDone {
      patience = times.stall
    } else if client.pointee.endpoint.isPeerClosed {
      patience = Self.halfClosed
    }
    client.pointee.deadline = patience == 0 ? 0 : state.pointee.now + patience
  }

  /// Says no more to it: at once where it asked for that, else only once it has had time to read.
  func end(_ client: ClientRef) {
    guard client.pointee.endpoint.out.isEmpty else {
      client.pointee.phase = .closing
      client.pointee.deadline = state.pointee.now + times.stall
      return move(client, to: .busy)
    }
    if expectsEnd(client) || client.pointee.endpoint.isPeerClosed && !client.pointee.endpoint.isReadable {
      return close(client)
    }
    shutdown(client.pointee.endpoint.fd, Int32(SHUT_WR))
    client.pointee.phase = .lingering
    client.pointee.deadline = state.pointee.now + 2000
    move(client, to: .busy)
    client.pointee.endpoint.isReadable = true
    giveBack(&client.pointee.inbox)
    makeReady(client)
  }

  /// It has said that it sends no more requests, and has sent all of this one.
  private func expectsEnd(_ client: ClientRef) -> Bool {
    !client.pointee.keepsAlive && client.pointee.isRequestDone && !client.pointee.hasUnparsed
  }
}
