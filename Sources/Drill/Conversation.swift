import Glibc
import HTTP
import Linux

/// One HTTP connection, kept: a request, its whole answer, the next one.
@MainLoop
final class Conversation {
  struct Answer: Sendable {
    let status: Int
    let body: [UInt8]
  }

  /// Why there is no whole answer.
  struct Trouble: Error {
    let reason: String
  }

  private let address: SocketAddress
  private var socket: FileDescriptor?
  private var registration: EventLoop.Registration?
  private var unsent: ArraySlice<UInt8> = []
  private var parser = ResponseParser()
  private var head: ResponseHead?
  private var body: [UInt8] = []
  private var answer: Once<Result<Answer, Trouble>>?

  init(with address: SocketAddress) { self.address = address }

  func ask(_ method: String, _ request: [UInt8], within limit: Duration) async -> Result<Answer, Trouble> {
    let answer = Once<Result<Answer, Trouble>>()
    self.answer = answer
    unsent = request[...]
    parser = ResponseParser(method: method)
    head = nil
    body = []
    do throws(SystemError) {
      try begin()
    } catch {
      end(.failure(Trouble(reason: error.reason.lowercased())))
    }
    let result = await answer.value(within: limit)
    if result == nil { close() }
    self.answer = nil
    return result ?? .failure(Trouble(reason: "no answer within \(describe(limit))"))
  }

  func close() {
    if let registration { EventLoop.main.remove(registration) }
    registration = nil
    socket?.close()
    socket = nil
  }

  private func begin() throws(SystemError) {
    if let registration { return EventLoop.main.change(registration, to: [.read, .write]) }
    let socket = try Socket.connect(to: address)
    self.socket = socket
    registration = try EventLoop.main.add(socket.raw, [.read, .write]) { [weak self] _ in self?.turn() }
  }

  private func turn() {
    guard let socket else { return }
    if let error = Socket.pendingError(socket) { return fail(error) }
    do throws(SystemError) {
      try send(on: socket)
      while let bytes = try socket.read(upTo: 16384) {
        if bytes.isEmpty {
          parser.close()
        } else {
          bytes.withUnsafeBytes { parser.feed($0) }
        }
        take()
        if bytes.isEmpty { return close() }
        if self.socket == nil { return }
      }
    } catch {
      fail(error)
    }
  }

  private func send(on socket: FileDescriptor) throws(SystemError) {
    while !unsent.isEmpty {
      let count = try nonBlocking("write") {
        unsent.withUnsafeBytes { Glibc.write(socket.raw, $0.baseAddress, $0.count) }
      }
      guard let count else { return }
      unsent = unsent.dropFirst(count)
    }
    if let registration { EventLoop.main.change(registration, to: .read) }
  }

  private func take() {
    guard answer != nil else { return }
    while true {
      switch parser.next() {
      case .needMore: return
      case .head(let head): self.head = head
      case .body(let bytes): body += bytes
      case .failure(let failure): return end(.failure(Trouble(reason: failure.message)))
      case .end:
        let isLast = head?.headers["Connection"]?.lowercased() == "close"
        let answer = Answer(status: head?.status ?? 0, body: body)
        return end(.success(answer), closing: isLast)
      }
    }
  }

  private func fail(_ error: SystemError) { end(.failure(Trouble(reason: error.reason.lowercased()))) }

  private func end(_ result: Result<Answer, Trouble>, closing: Bool = false) {
    if case .failure = result { close() } else if closing { close() }
    answer?.finish(result)
    answer = nil
  }
}
