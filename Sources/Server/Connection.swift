import Glibc
import HTTP
import Linux

/// One client: reads its requests, has them answered one after the other, and holds it to its deadlines.
@MainLoop
final class Connection {
  enum State {
    case reading
    case handling(Responder)
    case sending
    case streaming(StreamWriter)
    /// Answered before the client had sent everything. What still comes is read and dropped: a close now
    /// would reset the connection and might destroy the answer on its way.
    case lingering
    case closed
  }

  /// Held until the connection is over: who answers late must find it.
  let server: HTTPServer
  let socket: FileDescriptor
  let peer: Peer
  var state = State.reading
  var closesAfterAnswer = false
  var lingersAfterAnswer = false
  /// From the first byte of a streamed answer to the last.
  var isStream = false {
    didSet { server.openStreams += (isStream ? 1 : 0) - (oldValue ? 1 : 0) }
  }
  var outgoing: [UInt8] = []
  var sent = 0
  var flushIsScheduled = false

  /// The tick at which patience ends.
  private(set) var deadline = Int.max
  /// Smaller is older, among those that may be closed to make room.
  private(set) var waitingSince = 0

  private var registration: EventLoop.Registration?
  private(set) var interest: EventLoop.Readiness = .read
  private var parser: RequestParser
  private var awaited: RequestParser.Phase?
  private var isProcessing = false
  private var earlyAnswer: Response?
  private var charged = 0

  init(_ server: HTTPServer, _ socket: FileDescriptor, _ peer: Peer) {
    self.server = server
    self.socket = socket
    self.peer = peer
    parser = RequestParser(bodyLimit: server.limits.body)
  }

  func start() throws(SystemError) {
    registration = try EventLoop.main.add(socket.raw, interest) { self.ready($0) }
    awaited = .idle
    waitingSince = server.nextOrder()
    setDeadline(server.limits.headTicks)
  }

  /// Idle, or still sending its head, or answered already.
  var mayMakeRoom: Bool {
    switch state {
    case .reading: awaited != .body
    case .lingering: true
    case .handling, .sending, .streaming, .closed: false
    }
  }

  var isIdle: Bool { if case .reading = state { awaited == .idle } else { false } }

  func expire() {
    switch state {
    case .reading where awaited != .idle: refuse(.error(408, "The request did not arrive in time."))
    case .reading, .sending, .streaming, .lingering: close()
    case .handling, .closed: break
    }
  }

  func close() {
    let last = state
    if case .closed = last { return }
    state = .closed
    // A flush may still be scheduled, and the descriptor's number soon be another's.
    outgoing = []
    sent = 0
    charge(0)
    isStream = false
    if let registration { EventLoop.main.remove(registration) }
    socket.close()
    server.remove(self)
    if case .streaming(let writer) = last { writer.connectionClosed() }
  }

  func watch(_ wanted: EventLoop.Readiness) {
    guard wanted != interest, let registration else { return }
    interest = wanted
    EventLoop.main.change(registration, to: wanted)
  }

  func setDeadline(_ ticks: Int?) {
    // One more, since the current tick is partly over.
    deadline = ticks.map { server.now + $0 + 1 } ?? .max
  }

  /// Goes on with what has been received already, then waits for more.
  func resume() {
    charge(0)
    awaited = nil
    isStream = false
    state = .reading
    if !isProcessing { process() }
  }

  func linger() {
    shutdown(socket.raw, Int32(SHUT_WR))
    charge(0)
    state = .lingering
    waitingSince = server.nextOrder()
    setDeadline(server.limits.lingerTicks)
    watch(.read)
  }

  private func ready(_ readiness: EventLoop.Readiness) {
    let isGone = !readiness.isDisjoint(with: .closed)
    switch state {
    case .reading, .lingering: receive()
    case .handling where isGone, .sending where isGone, .streaming where isGone: close()
    // A second request, or the end: it waits until the first one is answered.
    case .handling: watch([])
    case .streaming where readiness.contains(.peerClosed): close()
    case .sending, .streaming: flush()
    case .closed: break
    }
  }

  func receive() {
    do throws(SystemError) {
      guard let count = try server.fillScratch(from: socket) else { return }
      if count == 0 { return close() }
      guard case .reading = state else { return }
      server.scratch.withUnsafeBytes { parser.feed(UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
      process()
    } catch {
      close()
    }
  }

  private func process() {
    isProcessing = true
    defer { isProcessing = false }
    while case .reading = state {
      switch parser.next() {
      case .needMore: return waitForMore()
      case .head(let head): admit(head)
      case .complete(let request): handle(request)
      case .failure(let failure): refuse(.failure(failure))
      }
    }
  }

  private func waitForMore() {
    watch(.read)
    charge(parser.bufferedBytes)
    if server.bufferedBytes > server.limits.bufferedBodies, parser.phase == .body {
      var response = Response.error(503, "Too many large requests are being received. Try again soon.")
      response.headers.append(("Retry-After", "5"))
      return refuse(response)
    }
    guard awaited != parser.phase else { return }
    awaited = parser.phase
    switch parser.phase {
    case .idle:
      waitingSince = server.nextOrder()
      setDeadline(server.limits.idleTicks)
    case .head:
      waitingSince = server.nextOrder()
      setDeadline(server.limits.headTicks)
    case .body, .failed: setDeadline(server.limits.bodyTicks)
    }
  }

  private func admit(_ head: RequestHead) {
    switch server.admit(head, peer) {
    case .body(let limit):
      parser.bodyLimit = limit
      if head.expectsContinue, head.contentLength.map({ 1...limit ~= $0 }) ?? true, !parser.hasBodyBytes {
        sendContinue()
      }
    case .answer(let response) where head.contentLength == 0: earlyAnswer = response
    case .answer(let response): refuse(response, method: head.method)
    }
  }

  private func handle(_ request: Request) {
    charge(request.body.count)
    setDeadline(nil)
    let responder = Responder(self, request.head)
    state = .handling(responder)
    if let answer = earlyAnswer {
      earlyAnswer = nil
      responder(answer)
    } else {
      server.handler(request, peer, responder)
    }
  }

  private func refuse(_ response: Response, method: String = "") {
    lingersAfterAnswer = true
    send(response, method: method, closes: true)
  }

  /// Notes how much of the server's memory for bodies is this connection's.
  private func charge(_ bytes: Int) {
    server.bufferedBytes += bytes - charged
    charged = bytes
  }
}
