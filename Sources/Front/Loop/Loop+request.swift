import Glibc

/// From the client's bytes to a request that is on its way.
extension Loop {
  func clientEvent(_ client: ClientRef, _ bits: UInt32) {
    if !client.pointee.endpoint.out.isEmpty { flush(client) }
    if !client.pointee.endpoint.isClosed { readClient(client) }
  }

  func readClient(_ client: ClientRef) {
    switch client.pointee.phase {
    case .head: readHead(client)
    case .parked: if client.pointee.endpoint.isPeerClosed { close(client) }
    case .exchange:
      if !client.pointee.isRequestDone { readBody(client) } else { noticeHalfClose(client) }
    case .tunnel: readTunnel(client)
    case .closing: break
    case .lingering: discard(client)
    }
  }

  /// Perhaps it is gone, perhaps it only says that this was its last request: it gets a moment at a time, as
  /// long as it takes what it is sent.
  private func noticeHalfClose(_ client: ClientRef) {
    guard client.pointee.endpoint.isPeerClosed, client.pointee.deadline == 0 else { return }
    client.pointee.deadline = state.pointee.now + Self.halfClosed
  }

  static let halfClosed: Int64 = 500

  // MARK: The head

  private func readHead(_ client: ClientRef) {
    for _ in 0..<8 {
      // The next request waits until the answers before it are gone.
      guard client.pointee.endpoint.out.isEmpty else { return }
      if client.pointee.hasUnparsed {
        client.pointee.hasUnparsed = false
        take(client, client.pointee.inbox.bytes, client.pointee.inbox.count, isFromInbox: true)
      } else if !client.pointee.endpoint.isReadable {
        return wait(client)
      } else if client.pointee.inbox.isEmpty {
        guard let count = receive(client, memory.scratch, LoopMemory.firstRead) else { return }
        take(client, memory.scratch, count, isFromInbox: false)
      } else {
        let room = 8 << 10
        guard let count = receive(client, client.pointee.inbox.room(for: room), room) else { return }
        client.pointee.inbox.extend(by: count)
        client.pointee.hasUnparsed = true
      }
      guard !client.pointee.endpoint.isClosed, client.pointee.phase == .head else { return }
    }
    makeReady(client)
  }

  /// nil: nothing there, or the connection is over.
  private func receive(_ client: ClientRef, _ place: UnsafeMutablePointer<UInt8>, _ room: Int) -> Int? {
    switch receive(endpoint(of: client), place, room) {
    case .bytes(let count): return count
    case .nothing: wait(client)
    case .end, .failure: close(client)
    }
    return nil
  }

  private func wait(_ client: ClientRef) {
    watch(client)
    guard !client.pointee.endpoint.isClosed, client.pointee.inbox.isEmpty, client.pointee.list != .idle
    else { return }
    if state.pointee.isStopping || client.pointee.isLeaving { return close(client) }
    move(client, to: .idle)
    client.pointee.deadline = state.pointee.now + times.idle
  }

  private func take(
    _ client: ClientRef, _ bytes: UnsafePointer<UInt8>, _ count: Int, isFromInbox: Bool
  ) {
    switch requests.pointee.parse(bytes, count, scanned: Int(client.pointee.scanned)) {
    case .complete: begin(client, bytes, count, isFromInbox: isFromInbox)
    case .refused(let refusal):
      move(client, to: .busy)
      client.pointee.route = .nowhere
      let head = requests.pointee.head
      if logsAccess, head.methodName.count > 0 { beginRecord(client, bytes, head) }
      refuse(client, refusal)
    case .incomplete(let scanned):
      client.pointee.scanned = UInt32(scanned)
      if !isFromInbox {
        client.pointee.inbox = takeBuffer()
        client.pointee.inbox.append(bytes, count)
      }
      // From the first byte on, however slowly the others come.
      if client.pointee.list != .busy || client.pointee.deadline == 0 {
        move(client, to: .busy)
        client.pointee.deadline = state.pointee.now + times.head
      }
    }
  }

  private func begin(
    _ client: ClientRef, _ bytes: UnsafePointer<UInt8>, _ count: Int, isFromInbox: Bool
  ) {
    let head = requests.pointee.head
    reset(client, for: head)
    guard let used = takeBody(client, bytes + head.length, count - head.length) else {
      return refuse(client, Refusal(status: 400, reason: "the chunked body is malformed"))
    }
    route(client, bytes, head)
    if logsAccess { beginRecord(client, bytes, head) }
    guard write(client, bytes, head, used) else {
      return refuse(client, Refusal(status: 431, reason: "the request's head is too large"))
    }
    let taken = head.length + used
    if isFromInbox {
      client.pointee.inbox.consume(taken)
      if client.pointee.inbox.isEmpty { giveBack(&client.pointee.inbox) }
    } else if count > taken {
      client.pointee.inbox = takeBuffer()
      client.pointee.inbox.append(bytes + taken, count - taken)
    }
    client.pointee.hasUnparsed = !client.pointee.inbox.isEmpty
    client.pointee.awaitsDispatch = true
    makeReady(client)
  }

  private func reset(_ client: ClientRef, for head: RequestHead) {
    move(client, to: .busy)
    client.pointee.phase = .exchange
    client.pointee.deadline = 0
    client.pointee.scanned = 0
    client.pointee.startedAt = state.pointee.microseconds
    client.pointee.method = head.method
    client.pointee.minorVersion = head.minorVersion
    client.pointee.upgrade = head.upgrade
    client.pointee.requestFraming = head.framing
    client.pointee.requestRemaining = head.contentLength
    client.pointee.keepsAlive = head.keepsAlive
    client.pointee.expectsContinue = head.expectsContinue
    client.pointee.route = .nowhere
    client.pointee.retries = 0
    client.pointee.needsFreshConnection = false
    client.pointee.isAsset = false
    client.pointee.refusedUntil = 0
    client.pointee.isShort = false
    client.pointee.replaySent = 0
    client.pointee.isReplayWhole = true
    client.pointee.isRequestCut = false
    client.pointee.hasResponse = false
    client.pointee.hasContinued = false
    client.pointee.isBodyWanted = false
    client.pointee.isResponseDone = false
    client.pointee.closesAfter = false
    client.pointee.isEventStream = false
    client.pointee.isEnding = false
    client.pointee.isEnded = false
    client.pointee.status = 0
    client.pointee.sentBytes = 0
  }

  /// The request as the app is to get it, with what there is of its body.
  private func write(
    _ client: ClientRef, _ bytes: UnsafePointer<UInt8>, _ head: RequestHead, _ used: Int
  ) -> Bool {
    var requestID = (UInt64(0), UInt64(0), UInt64(0), UInt64(0))
    return withUnsafeMutableBytes(of: &requestID) { digits in
      guard let digits = digits.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return false }
      makeRequestID(digits)
      let forwarded = ForwardedClient(
        address: address(of: client), addressLength: Int(client.pointee.addressLength),
        // The webhook judges for itself who speaks, and wants to know of every claim.
        isTrusted: client.pointee.isTrusted || client.pointee.route == .webhook, requestID: digits)
      let capacity = head.length + head.host.count + 512
      var replay = takeBuffer()
      let place = replay.room(for: capacity + used)
      let written = requests.pointee.write(bytes, to: place, capacity: capacity, client: forwarded)
      if written > 0 {
        memcpy(place + written, bytes + head.length, used)
        replay.extend(by: written + used)
      }
      client.pointee.replay = replay
      return written > 0
    }
  }

  private func makeRequestID(_ digits: UnsafeMutablePointer<UInt8>) {
    for half in 0..<2 {
      state.pointee.random &+= 0x9e37_79b9_7f4a_7c15
      var value = state.pointee.random
      value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
      value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
      value ^= value >> 31
      for index in 0..<16 {
        let digit = UInt8(truncatingIfNeeded: value >> UInt64(index * 4)) & 15
        digits[half * 16 + index] = digit < 10 ? 0x30 + digit : 0x57 + digit
      }
    }
  }

  @inline(__always)
  private func site(of bytes: UnsafePointer<UInt8>, _ host: ByteRange) -> SiteRef {
    state.pointee.routes.isEmpty ? main : state.pointee.routes.site(of: bytes, host) ?? main
  }

  private func route(_ client: ClientRef, _ bytes: UnsafePointer<UInt8>, _ head: RequestHead) {
    if client.pointee.ownPort == 0 { client.pointee.site = site(of: bytes, head.host) }
    client.pointee.route = .site
    let path = bytes + head.path.start
    if head.method == .post, let webhook = webhookPath, let start = webhook.baseAddress,
      webhook.count == head.path.count, memcmp(path, start, webhook.count) == 0
    {
      client.pointee.route = .webhook
    } else if !assetPaths.isEmpty, head.method == .get || head.method == .head,
      client.pointee.site.pointee.fallback != nil
    {
      client.pointee.isAsset = assetPaths.contains { prefix in
        guard let start = prefix.baseAddress, prefix.count <= head.path.count else { return false }
        return memcmp(path, start, prefix.count) == 0
      }
    }
  }
}
