import Glibc
import HTTP
import Linux

/// Serves HTTP/1.1 on any number of listeners, all on the main loop.
@MainLoop
package final class HTTPServer {
  package typealias Handler = @MainLoop (Request, Peer, Responder) -> Void
  package typealias Admit = @MainLoop (RequestHead, Peer) -> Admission

  let limits: Limits
  let admit: Admit
  let handler: Handler

  /// What is received lands here first, of whichever connection.
  private(set) var scratch = [UInt8](repeating: 0, count: 64 << 10)
  var bufferedBytes = 0
  /// Ticks so far.
  private(set) var now = 0
  private(set) var isStopping = false

  private var listeners: [(listener: Listener, registration: EventLoop.Registration)] = []
  private var connections: [ObjectIdentifier: Connection] = [:]
  package var openConnections: Int { connections.count }
  var openStreams = 0
  private var order = 0
  private var isTicking = false
  private var isPaused = false
  private let drained = Once<Void>()

  /// `admit` sees a request when its head is there and says how much body it may have.
  package init(limits: Limits = Limits(), admit: Admit? = nil, handler: @escaping Handler) {
    self.limits = limits
    self.admit = admit ?? { _, _ in .body(limit: limits.body) }
    self.handler = handler
  }

  package func listen(_ listener: Listener) throws(SystemError) {
    let registration = try EventLoop.main.add(listener.descriptor.raw, .read) { [weak self] _ in
      self?.accept(from: listener)
    }
    listeners.append((listener, registration))
  }

  /// Makes sockets anew whose files were taken away. Returns their paths, or why that cannot be.
  package func renewSockets() -> [Result<String, ListenError>] {
    var results: [Result<String, ListenError>] = []
    for (index, (old, registration)) in listeners.enumerated() {
      guard let path = old.lostPath else { continue }
      do throws(ListenError) {
        let new = try Listener.unix(path: path)
        do throws(SystemError) {
          let fresh = try EventLoop.main.add(new.descriptor.raw, isPaused ? [] : .read) { [weak self] _ in
            self?.accept(from: new)
          }
          EventLoop.main.remove(registration)
          old.close()
          listeners[index] = (new, fresh)
          results.append(.success(path))
        } catch {
          new.close()
          throw ListenError(path: path, error)
        }
      } catch {
        results.append(.failure(error))
      }
    }
    return results
  }

  /// Takes no more connections and ends the idle ones; those at work get until `grace` is over.
  package func stop(within grace: Duration) async {
    isStopping = true
    for (listener, registration) in listeners {
      EventLoop.main.remove(registration)
      listener.close()
    }
    listeners = []
    for connection in Array(connections.values) where connection.isIdle { connection.close() }
    if connections.isEmpty { return }
    let timer = EventLoop.main.after(grace) { self.closeAll() }
    await drained.value()
    timer.cancel()
  }

  /// The age of a connection that begins to wait, and by that can make room for another.
  func nextOrder() -> Int {
    resumeAccepting()
    order += 1
    return order
  }

  func fillScratch(from socket: FileDescriptor) throws(SystemError) -> Int? {
    var result: Result<Int?, SystemError> = .success(nil)
    scratch.withUnsafeMutableBytes { buffer in
      result = Result { () throws(SystemError) in try socket.read(into: buffer) }
    }
    return try result.get()
  }

  func remove(_ connection: Connection) {
    connections[ObjectIdentifier(connection)] = nil
    if isStopping, connections.isEmpty { drained.finish(()) }
    resumeAccepting()
  }

  private func closeAll() {
    for connection in Array(connections.values) { connection.close() }
  }

  // MARK: Accepting

  private func accept(from listener: Listener) {
    guard makeRoom() else { return pauseAccepting() }
    for _ in 0..<16 where connections.count < limits.connections {
      do throws(SystemError) {
        guard let (socket, peer) = try listener.accept() else { return }
        let connection = Connection(self, socket, peer)
        try connection.start()
        connections[ObjectIdentifier(connection)] = connection
        keepTicking()
      } catch {
        if error.code == ECONNABORTED { continue }
        // Out of descriptors or memory: the listener would stay readable and spin.
        return pauseAccepting()
      }
    }
  }

  /// Some at once, so that of a flood not each one has all the others looked through.
  private func makeRoom() -> Bool {
    while connections.count >= limits.connections {
      let candidates = connections.values.filter(\.mayMakeRoom).sorted { $0.waitingSince < $1.waitingSince }
      guard !candidates.isEmpty else { return false }
      for oldest in candidates.prefix(max(1, limits.connections / 64)) {
        // A request may have come that was not looked at yet.
        oldest.receive()
        if oldest.mayMakeRoom { oldest.close() }
      }
    }
    return true
  }

  private func pauseAccepting() {
    guard !isPaused else { return }
    isPaused = true
    for (_, registration) in listeners { EventLoop.main.change(registration, to: []) }
    keepTicking()
  }

  private func resumeAccepting() {
    guard isPaused else { return }
    isPaused = false
    for (_, registration) in listeners { EventLoop.main.change(registration, to: .read) }
  }

  // MARK: Time

  private func keepTicking() {
    guard !isTicking else { return }
    isTicking = true
    EventLoop.main.after(limits.tick) { [weak self] in self?.tick() }
  }

  private func tick() {
    isTicking = false
    now += 1
    resumeAccepting()
    for connection in Array(connections.values) where connection.deadline <= now { connection.expire() }
    if !connections.isEmpty { keepTicking() }
  }
}
