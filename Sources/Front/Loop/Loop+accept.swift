import CLinux
import Glibc
import Linux

/// Taking clients in, and letting them go.
extension Loop {
  /// False: there may be more of them.
  @discardableResult
  func accept(_ listener: ListenerRef) -> Bool {
    for _ in 0..<64 {
      // Nobody could make room for the next one.
      if !hasRoom, state.pointee.idle.count == 0, !hasSpareUpstreams {
        pauseListeners()
        return true
      }
      let isFull = !hasRoom
      var storage = sockaddr_storage()
      var length = UInt32(MemoryLayout<sockaddr_storage>.size)
      let fd = clinux_accept(listener.pointee.endpoint.fd, &storage, &length)
      if fd < 0 {
        switch errno {
        case EAGAIN: return true
        case EINTR, ECONNABORTED, EPROTO: continue
        default:
          // Out of descriptors or memory. The kernel says so before it looks whether anybody waits: none goes for nobody.
          guard hasVisitor(listener) else { return true }
          // The listener would stay readable and spin.
          if makeRoom() { continue }
          pauseListeners()
          return true
        }
      }
      let client = makeClient(fd, storage, listener)
      if isFull { _ = makeRoom() }
      client.pointee.endpoint.isReadable = true
      readClient(client)
    }
    return false
  }

  private func makeClient(_ fd: Int32, _ storage: sockaddr_storage, _ listener: ListenerRef) -> ClientRef {
    let address = ClientAddress(storage)
    let size = MemoryLayout<Client>.stride + address.length
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: size, alignment: MemoryLayout<Client>.alignment)
    let client = memory.bindMemory(to: Client.self, capacity: 1)
    client.initialize(
      to: Client(
        endpoint: Endpoint(.client, fd), site: listener.pointee.site, ownPort: listener.pointee.ownPort,
        isTrusted: configuration.trustedProxies.contains(address), addressLength: UInt8(address.length)))
    address.copyText(to: (memory + MemoryLayout<Client>.stride).assumingMemoryBound(to: UInt8.self))
    client.pointee.deadline = state.pointee.now + times.head
    client.pointee.list = .busy
    state.pointee.busy.append(client)
    state.pointee.clients += 1
    state.pointee.counters.accepted += 1
    return client
  }

  func address(of client: ClientRef) -> UnsafePointer<UInt8> {
    UnsafePointer(
      (UnsafeMutableRawPointer(client) + MemoryLayout<Client>.stride).assumingMemoryBound(to: UInt8.self))
  }

  private func hasVisitor(_ listener: ListenerRef) -> Bool {
    var question = pollfd(fd: listener.pointee.endpoint.fd, events: Int16(POLLIN), revents: 0)
    // An error is no reason to spin either.
    return poll(&question, 1, 0) != 0
  }

  private var hasRoom: Bool { state.pointee.clients < maximumClients && hasDescriptors }

  private var hasSpareUpstreams: Bool {
    state.pointee.clients < maximumClients && state.pointee.idleUpstreams > 0
  }

  var hasDescriptors: Bool { state.pointee.clients + state.pointee.upstreams < maximumDescriptors }

  /// Whoever has had nothing to say for longest goes; busy ones never do. It only closes: a request that has come
  /// and was not looked at yet is for later, since answering it here would need room too.
  func makeRoom() -> Bool {
    // Nobody misses an idle connection to the app.
    if state.pointee.clients < maximumClients, closeOldestIdle() { return true }
    while let oldest = state.pointee.idle.first {
      guard hasBytes(oldest.pointee.endpoint.fd) else {
        close(oldest)
        return true
      }
      move(oldest, to: .busy)
      oldest.pointee.deadline = state.pointee.now + times.head
      oldest.pointee.endpoint.isReadable = true
      makeReady(oldest)
    }
    return false
  }

  /// A client needs no events before it has to be waited for: one that comes and goes is never registered.
  func watch(_ client: ClientRef) {
    guard !client.pointee.endpoint.isRegistered, !client.pointee.endpoint.isClosed else { return }
    client.pointee.endpoint.isRegistered = true
    do throws(SystemError) {
      try register(UnsafeMutableRawPointer(client), client.pointee.endpoint.fd, Self.edges)
    } catch {
      abort(client)
    }
  }

  func move(_ client: ClientRef, to list: Client.List) {
    guard client.pointee.list != list else { return }
    unlist(client)
    client.pointee.list = list
    switch list {
    case .none: break
    case .idle: state.pointee.idle.append(client)
    case .busy: state.pointee.busy.append(client)
    case .parked:
      client.pointee.site.pointee.parked.append(client)
      state.pointee.parked += 1
      if client.pointee.refusedUntil != 0 { state.pointee.refused += 1 }
    }
  }

  private func unlist(_ client: ClientRef) {
    switch client.pointee.list {
    case .none: break
    case .idle: state.pointee.idle.remove(client)
    case .busy: state.pointee.busy.remove(client)
    case .parked:
      client.pointee.site.pointee.parked.remove(client)
      state.pointee.parked -= 1
      if client.pointee.refusedUntil != 0 { state.pointee.refused -= 1 }
    }
    client.pointee.list = .none
  }

  // MARK: The end of a connection

  /// As it is: what is unsent stays unsent.
  func close(_ client: ClientRef) {
    guard !client.pointee.endpoint.isClosed else { return }
    client.pointee.endpoint.isClosed = true
    if let upstream = client.pointee.upstream { close(upstream) }
    unlist(client)
    closeDescriptor(endpoint(of: client))
    state.pointee.clients -= 1
    state.pointee.closedClients.append(client)
    finishRecord(client)
    if state.pointee.areListenersPaused { resumeListeners() }
  }

  /// So that nobody takes what was sent so far for the whole.
  func abort(_ client: ClientRef) {
    guard !client.pointee.endpoint.isClosed else { return }
    if client.pointee.hasResponse, client.pointee.phase == .exchange {
      var reset = linger(l_onoff: 1, l_linger: 0)
      setsockopt(
        client.pointee.endpoint.fd, SOL_SOCKET, SO_LINGER, &reset, socklen_t(MemoryLayout<linger>.size))
    }
    close(client)
  }

  func deallocate(_ client: ClientRef) {
    giveBack(&client.pointee.inbox)
    giveBack(&client.pointee.replay)
    client.pointee.endpoint.out.deallocate()
    client.deinitialize(count: 1)
    UnsafeMutableRawPointer(client).deallocate()
  }

  // MARK: Listeners

  private func pauseListeners() {
    guard !state.pointee.areListenersPaused else { return }
    state.pointee.areListenersPaused = true
    for listener in state.pointee.listeners {
      _ = epoll_ctl(epoll, EPOLL_CTL_DEL, listener.pointee.endpoint.fd, nil)
    }
  }

  func resumeListeners() {
    guard state.pointee.areListenersPaused else { return }
    state.pointee.areListenersPaused = false
    for listener in state.pointee.listeners {
      try? register(UnsafeMutableRawPointer(listener), listener.pointee.endpoint.fd, EPOLLIN.rawValue)
    }
  }

  func add(listener fd: Int32, site: SiteRef, ownPort: UInt16) throws(SystemError) {
    let listener = ListenerRef.allocate(capacity: 1)
    listener.initialize(to: Listener(endpoint: Endpoint(.listener, fd), site: site, ownPort: ownPort))
    if !state.pointee.areListenersPaused {
      do throws(SystemError) {
        try register(UnsafeMutableRawPointer(listener), fd, EPOLLIN.rawValue)
      } catch {
        listener.deallocate()
        throw error
      }
    }
    state.pointee.listeners.append(listener)
  }

  /// Who has asked for something already is still taken in.
  func closeListeners(where isMeant: (ListenerRef) -> Bool = { _ in true }) {
    for listener in state.pointee.listeners where isMeant(listener) {
      while !state.pointee.areListenersPaused, !accept(listener) {}
      _ = epoll_ctl(epoll, EPOLL_CTL_DEL, listener.pointee.endpoint.fd, nil)
      listener.pointee.endpoint.isClosed = true
      _ = Glibc.close(listener.pointee.endpoint.fd)
      state.pointee.closedListeners.append(listener)
    }
    state.pointee.listeners.removeAll { $0.pointee.endpoint.isClosed }
  }
}
