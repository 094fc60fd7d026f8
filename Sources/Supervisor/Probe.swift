import Glibc
import Linux

/// One HTTP request to a starting app, and what came of it.
package struct ProbeResult: Sendable, Equatable {
  package let url: String
  package let status: Int?
  package let failure: String
  package let elapsed: Duration
  package let firstBytes: String
  /// Who answered.
  package var address: SocketAddress?
  /// Nobody was asked, which says nothing about the app.
  package var shortage: SystemError?

  package var summary: String {
    guard let status else { return "GET \(url): \(failure) after \(describe(elapsed))" }
    let body = firstBytes.isEmpty ? "" : ": \(firstBytes)"
    return "GET \(url): \(status) in \(describe(elapsed))\(body)"
  }
}

@MainLoop
package enum Probe {
  /// Asks the socket if the app has made one and listens there, else the port.
  package static func get(port: UInt16, socket: AppSocket? = nil, path: String, timeout: Duration) async
    -> ProbeResult
  {
    let started = ContinuousClock.Instant.now
    if let socket, let address = socket.address() {
      let result = await exchange(address, port, path, timeout)
      if !isRefused(result) {
        return describe(result, from: address, "http://unix:\(socket.path):\(path)", since: started)
      }
    }
    let url = "http://127.0.0.1:\(port)\(path)"
    let result = await exchange(.loopback(port), port, path, timeout)
    // Some apps listen on "localhost" and mean ::1 by it.
    if isRefused(result) {
      let other = await exchange(.ipv6Loopback(port: port), port, path, timeout)
      if case .success = other {
        return describe(
          other, from: .ipv6Loopback(port: port), "http://[::1]:\(port)\(path)", since: started)
      }
    }
    return describe(result, from: .loopback(port), url, since: started)
  }

  private static func isRefused(_ result: Result<[UInt8], SystemError>) -> Bool {
    if case .failure(let error) = result { error.code == ECONNREFUSED } else { false }
  }

  private static func describe(
    _ result: Result<[UInt8], SystemError>, from address: SocketAddress, _ url: String,
    since started: ContinuousClock.Instant
  ) -> ProbeResult {
    let elapsed = ContinuousClock.Instant.now - started
    switch result {
    case .failure(let error):
      let failure = error.code == ETIMEDOUT ? "no answer" : error.reason.lowercased()
      return ProbeResult(
        url: url, status: nil, failure: failure, elapsed: elapsed, firstBytes: "",
        shortage: error.isShortage ? error : nil)
    case .success(let bytes):
      guard let status = status(of: bytes) else {
        let failure = bytes.isEmpty ? "it closed the connection without an answer" : "the answer is not HTTP"
        return ProbeResult(url: url, status: nil, failure: failure, elapsed: elapsed, firstBytes: "")
      }
      return ProbeResult(
        url: url, status: status, failure: "", elapsed: elapsed, firstBytes: firstBytes(of: bytes),
        address: address)
    }
  }

  private static let limit = 4096

  private static func exchange(_ address: SocketAddress, _ port: UInt16, _ path: String, _ timeout: Duration)
    async -> Result<[UInt8], SystemError>
  {
    do throws(SystemError) {
      let socket = try Socket.connect(to: address)
      defer { socket.close() }
      let answer = Once<Result<[UInt8], SystemError>>()
      let request = Array(
        "GET \(path) HTTP/1.1\r\nHost: localhost:\(port)\r\nUser-Agent: bascule\r\nConnection: close\r\n\r\n"
          .utf8)
      var received: [UInt8] = []
      var sent = false
      let registration = try EventLoop.main.add(socket.raw, [.read, .write]) { _ in
        if let error = Socket.pendingError(socket) { return answer.finish(.failure(error)) }
        do throws(SystemError) {
          if !sent {
            sent = true
            try socket.writeAll(request)
          }
          guard let bytes = try socket.read(upTo: limit) else { return }
          received += bytes
          if bytes.isEmpty || received.count >= limit { answer.finish(.success(received)) }
        } catch {
          // An answer that was cut off is still an answer.
          answer.finish(received.isEmpty ? .failure(error) : .success(received))
        }
      }
      // A status is enough: an endless body must not count as no answer.
      let timer = EventLoop.main.after(timeout) {
        let late = SystemError(code: ETIMEDOUT, operation: "connect")
        answer.finish(received.isEmpty ? .failure(late) : .success(received))
      }
      let result = await answer.value()
      timer.cancel()
      EventLoop.main.remove(registration)
      return result
    } catch {
      return .failure(error)
    }
  }

  static func status(of bytes: [UInt8]) -> Int? {
    let line = String(decoding: bytes.prefix(15), as: UTF8.self)
    guard line.hasPrefix("HTTP/1."), bytes.count >= 12, let status = Int(line.dropFirst(9).prefix(3)),
      (100...599).contains(status)
    else { return nil }
    return status
  }

  private static func firstBytes(of bytes: [UInt8]) -> String {
    let end = Array("\r\n\r\n".utf8)
    guard bytes.count > 4,
      let start = (0...(bytes.count - 4)).first(where: { bytes[$0..<($0 + 4)].elementsEqual(end) })
    else { return "" }
    let line = bytes[(start + 4)...].prefix(120).prefix { $0 != 0x0a }
    return PrintableText.sentence(String(decoding: line, as: UTF8.self))
  }
}
