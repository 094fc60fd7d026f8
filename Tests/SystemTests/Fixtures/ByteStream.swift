import Glibc
import Synchronization

/// A connected socket that blocks, with a limit on every wait. One thread reads it and one writes; `cut` may come
/// from anywhere.
final class ByteStream: Sendable {
  enum Trouble: Error { case ended, reset, silent }

  enum Ending: Sendable { case closed, reset, silent }

  /// What is kept of the bytes that came in, for a test to look at.
  static let recorded = 4 << 20

  private struct State {
    var descriptor: Int32
    /// What has come in and is not taken yet, from `start` on.
    var pending: [UInt8] = []
    var start = 0
    var record: [UInt8] = []
    var count = 0
    var ending: Ending?

    var waiting: Int { pending.count - start }

    mutating func take(_ count: Int) -> [UInt8] {
      defer {
        start += count
        if start == pending.count { (pending, start) = ([], 0) }
      }
      return start == 0 && count == pending.count ? pending : Array(pending[start..<(start + count)])
    }

    mutating func add(_ bytes: [UInt8]) {
      if start > 0 { pending.removeFirst(start) }
      start = 0
      if pending.isEmpty { pending = bytes } else { pending += bytes }
    }
  }

  private let state: Mutex<State>

  init(descriptor: Int32, patience seconds: Int = 30) {
    state = Mutex(State(descriptor: descriptor))
    wait(atMost: .seconds(seconds))
    var on: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
  }

  deinit { close() }

  /// A test that expects silence need not wait long for it.
  func wait(atMost limit: Duration) {
    let (seconds, attoseconds) = limit.components
    var time = timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, size)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, size)
  }

  /// All that has come in so far, and how much: the record has a limit.
  var received: [UInt8] { state.withLock { $0.record } }
  var receivedCount: Int { state.withLock { $0.count } }
  /// How the other side ended it, as far as somebody has read.
  var ending: Ending? { state.withLock { $0.ending } }

  // MARK: Sending

  func send(_ text: String) throws { try send([UInt8](text)) }

  func send(_ bytes: [UInt8]) throws {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw Self.trouble() }
      sent += count
    }
  }

  /// Sends until nothing more has gone out for half a second, or `limit` bytes have; how many did.
  func sendUntilBlocked(limit: Int) throws -> Int {
    let block = [UInt8](repeating: 0x61, count: 65536)
    let flags = Int32(MSG_NOSIGNAL | MSG_DONTWAIT)
    var sent = 0
    while sent < limit {
      let count = Glibc.send(descriptor, block, min(block.count, limit - sent), flags)
      if count > 0 {
        sent += count
      } else if errno == EAGAIN {
        var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        if Glibc.poll(&poll, 1, 500) == 0 { break }
      } else {
        throw Self.trouble()
      }
    }
    return sent
  }

  // MARK: Receiving

  /// What is there, at least a byte; nothing at the end.
  func receive() throws -> [UInt8] {
    if state.withLock({ $0.waiting }) == 0 { try fetch() }
    return state.withLock { $0.take($0.waiting) }
  }

  func receive(exactly count: Int) throws -> [UInt8] {
    while true {
      if let bytes = state.withLock({ $0.waiting < count ? nil : $0.take(count) }) { return bytes }
      guard try fetch() else { throw Trouble.ended }
    }
  }

  /// Up to and with `text`.
  func receive(through text: String) throws -> [UInt8] {
    let pattern = [UInt8](text)
    var searched = 0
    while true {
      let bytes = state.withLock { state -> [UInt8]? in
        guard let found = state.pending.firstIndex(of: pattern, from: state.start + searched) else {
          return nil
        }
        return state.take(found + pattern.count - state.start)
      }
      if let bytes { return bytes }
      searched = max(0, state.withLock { $0.waiting } - pattern.count + 1)
      guard try fetch() else { throw Trouble.ended }
    }
  }

  func receiveRest() -> (bytes: [UInt8], ending: Ending) {
    var bytes: [UInt8] = []
    do {
      while true {
        let next = try receive()
        if next.isEmpty { return (bytes, .closed) }
        bytes += next
      }
    } catch {
      return (bytes, error as? Trouble == .silent ? .silent : .reset)
    }
  }

  /// Reads on and throws it away: how much it was, and how it ended.
  func drain() -> (count: Int, ending: Ending) {
    var count = 0
    while true {
      do {
        let next = try receive()
        if next.isEmpty { return (count, .closed) }
        count += next.count
      } catch {
        return (count, error as? Trouble == .silent ? .silent : .reset)
      }
    }
  }

  /// At least one byte is there to be read.
  func awaitByte() throws { try putBack(receive()) }

  /// Whether nothing comes, not even an end, for that long.
  func isSilent(for milliseconds: Int32) -> Bool {
    guard state.withLock({ $0.waiting == 0 }) else { return false }
    var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return Glibc.poll(&poll, 1, milliseconds) == 0
  }

  func putBack(_ bytes: [UInt8]) throws {
    guard !bytes.isEmpty else { throw Trouble.ended }
    state.withLock { state in
      let rest = state.take(state.waiting)
      state.add(bytes + rest)
    }
  }

  // MARK: Ending

  /// Says that nothing more comes, and goes on to read.
  func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

  func close() {
    let descriptor = state.withLock { state in
      defer { state.descriptor = -1 }
      return state.descriptor
    }
    if descriptor >= 0 { Glibc.close(descriptor) }
  }

  func reset() {
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
    close()
  }

  /// Ends the waits of the threads that use it; they close it.
  func cut() {
    state.withLock { state in
      if state.descriptor >= 0 { shutdown(state.descriptor, Int32(SHUT_RDWR)) }
    }
  }

  // MARK: Within

  private var descriptor: Int32 { state.withLock { $0.descriptor } }

  /// Adds to what is pending; false at the end.
  @discardableResult
  private func fetch() throws -> Bool {
    let chunk = try [UInt8](unsafeUninitializedCapacity: 65536) { buffer, count in
      let result = recv(descriptor, buffer.baseAddress, buffer.count, 0)
      if result < 0 {
        let trouble = Self.trouble()
        state.withLock { $0.ending = trouble == .silent ? nil : .reset }
        throw trouble
      }
      count = result
    }
    state.withLock { state in
      state.add(chunk)
      state.count += chunk.count
      if chunk.isEmpty { state.ending = .closed }
      if state.record.count < Self.recorded { state.record += chunk }
    }
    return !chunk.isEmpty
  }

  private static func trouble() -> Trouble { errno == EAGAIN ? .silent : .reset }
}
