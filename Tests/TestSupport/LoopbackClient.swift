import Dispatch
import Glibc
import Linux

/// A socket for tests. Every wait ends after half a minute, as if the peer had closed.
///
/// Waits happen on a thread of its own: blocking Swift's pool, which has one thread a core, would stall
/// whatever the test waits for. Unchecked: all that follows `init` happens on `queue`, or only sends.
package final class LoopbackClient: @unchecked Sendable {
  private let socket: FileDescriptor
  private let queue = DispatchQueue(label: "loopback client")
  private var received: [UInt8] = []

  package convenience init(port: UInt16) throws { try self.init(.loopback(port)) }

  package convenience init(unixPath path: String) throws {
    let (short, folder) = try Socket.shortPath(path)
    defer { folder.close() }
    try self.init(.unix(short))
  }

  private init(_ address: SocketAddress) throws {
    socket = FileDescriptor(
      owning: try systemCall("socket") {
        Glibc.socket(address.family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
      })
    var patience = timeval(tv_sec: 120, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(socket.raw, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
    setsockopt(socket.raw, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
    try systemCall("connect") { address.withRaw { connect(socket.raw, $0, $1) } }
  }

  package func send(_ text: String) throws { try send(Array(text.utf8)) }

  package func send(_ bytes: [UInt8]) throws {
    var done = 0
    while done < bytes.count {
      done += try systemCall("send") {
        bytes.withUnsafeBytes {
          Glibc.send(socket.raw, $0.baseAddress?.advanced(by: done), $0.count - done, Int32(MSG_NOSIGNAL))
        }
      }
    }
  }

  package func finishSending() { _ = shutdown(socket.raw, Int32(SHUT_WR)) }

  package func close() { socket.close() }

  /// One response: its head, and as much body as its framing says. nil when the peer closed first.
  package func response() async -> LoopbackResponse? { await onQueue { $0.readResponse() } }

  /// One chunk of a chunked body; empty is the last one.
  package func chunk() async -> [UInt8]? { await onQueue { $0.readChunk() } }

  package func text(upTo end: String) async -> String? { await onQueue { $0.read(upTo: end) } }

  /// Whether the peer has closed, with nothing left to read.
  package func isClosedByPeer() async -> Bool { await onQueue { $0.received.isEmpty && !$0.receive() } }

  private func onQueue<Value: Sendable>(_ body: @escaping @Sendable (LoopbackClient) -> Value) async -> Value
  {
    await withCheckedContinuation { continuation in
      queue.async { continuation.resume(returning: body(self)) }
    }
  }

  private func readResponse() -> LoopbackResponse? {
    guard let head = read(upTo: "\r\n\r\n") else { return nil }
    let fields = head.lowercased().split(separator: "\r\n")
    if let length = fields.first(where: { $0.hasPrefix("content-length: ") }) {
      return LoopbackResponse(head: head, body: take(Int(length.dropFirst(16)) ?? 0))
    }
    if fields.contains("transfer-encoding: chunked") {
      var body: [UInt8] = []
      while let chunk = readChunk(), !chunk.isEmpty { body += chunk }
      return LoopbackResponse(head: head, body: body)
    }
    let isBodiless = head.hasPrefix("HTTP/1.1 1") || head.hasPrefix("HTTP/1.1 204")
    if !isBodiless { while receive() {} }
    return LoopbackResponse(head: head, body: isBodiless ? [] : take(received.count))
  }

  private func readChunk() -> [UInt8]? {
    // CR LF is one Character.
    guard let size = read(upTo: "\r\n"), let count = Int(size.dropLast(), radix: 16) else { return nil }
    let chunk = take(count)
    _ = take(2)
    return chunk
  }

  private func read(upTo end: String) -> String? {
    let end = Array(end.utf8)
    var searched = 0
    while true {
      while searched + end.count <= received.count {
        if received[searched..<searched + end.count].elementsEqual(end) {
          return String(decoding: take(searched + end.count), as: UTF8.self)
        }
        searched += 1
      }
      guard receive() else { return nil }
    }
  }

  private func take(_ count: Int) -> [UInt8] {
    while received.count < count, receive() {}
    defer { received.removeFirst(min(count, received.count)) }
    return Array(received.prefix(count))
  }

  private func receive() -> Bool {
    let size = 65536
    let chunk = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      count = max(0, recv(socket.raw, buffer.baseAddress, size, 0))
    }
    received += chunk
    return !chunk.isEmpty
  }
}

package struct LoopbackResponse: Equatable, Sendable {
  package let head: String
  package let body: [UInt8]

  package var status: Int { Int(head.split(separator: " ").dropFirst().first ?? "") ?? 0 }
  package var text: String { String(decoding: body, as: UTF8.self) }
}
