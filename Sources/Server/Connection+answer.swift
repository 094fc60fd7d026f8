import Glibc
import HTTP
import Linux

extension Connection {
  var pending: Int { outgoing.count - sent }

  func answer(_ response: Response, to responder: Responder) {
    guard case .handling(let current) = state, current === responder else { return }
    let closes = !responder.head.keepsAlive || server.isStopping
    send(response, method: responder.head.method, closes: closes)
  }

  func send(_ response: Response, method: String, closes: Bool) {
    closesAfterAnswer = closes
    outgoing = response.bytes(to: method, keepsAlive: !closes)
    state = .sending
    flush()
  }

  func sendContinue() {
    outgoing = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
    let isSent = (try? transmit()) == outgoing.count
    outgoing = []
    if !isSent { close() }
  }

  func stream(_ response: Response, to responder: Responder) -> StreamWriter {
    let isChunked = !responder.head.isHTTP10
    let writer = StreamWriter(self, isChunked: isChunked)
    guard case .handling(let current) = state, current === responder else {
      writer.connectionClosed()
      return writer
    }
    closesAfterAnswer = !isChunked || !responder.head.keepsAlive || server.isStopping
    outgoing = response.headBytes(isChunked ? .chunked : .untilClose, keepsAlive: !closesAfterAnswer)
    if responder.head.method == "HEAD" {
      writer.connectionClosed()
      state = .sending
    } else {
      isStream = true
      state = .streaming(writer)
      watch(.peerClosed)
    }
    scheduleFlush()
    return writer
  }

  func enqueue(_ bytes: [UInt8]) {
    guard case .streaming = state else { return }
    if sent > 64 << 10 {
      outgoing.removeFirst(sent)
      sent = 0
    }
    outgoing += bytes
    if pending > server.limits.streamBacklog { close() } else { scheduleFlush() }
  }

  func finishStream() {
    guard case .streaming = state else { return }
    state = .sending
    scheduleFlush()
  }

  func flush() {
    do throws(SystemError) {
      while pending > 0 {
        guard let count = try transmit() else { return waitUntilWritable() }
        sent += count
      }
    } catch {
      return close()
    }
    outgoing = []
    sent = 0
    switch state {
    case .sending: finishAnswer()
    case .streaming(let writer):
      setDeadline(nil)
      watch(.peerClosed)
      writer.onDrain?()
    case .reading, .handling, .lingering, .closed: break
    }
  }

  private func waitUntilWritable() {
    setDeadline(isStream ? server.limits.streamTicks : server.limits.writeTicks)
    if case .streaming = state { watch([.write, .peerClosed]) } else { watch(.write) }
  }

  private func finishAnswer() {
    if !closesAfterAnswer {
      resume()
    } else if lingersAfterAnswer {
      linger()
    } else {
      close()
    }
  }

  private func scheduleFlush() {
    guard !flushIsScheduled, !interest.contains(.write) else { return }
    flushIsScheduled = true
    EventLoop.main.atEndOfTurn {
      self.flushIsScheduled = false
      self.flush()
    }
  }

  private func transmit() throws(SystemError) -> Int? {
    try nonBlocking("send") {
      outgoing.withUnsafeBytes { bytes in
        Glibc.send(socket.raw, bytes.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
      }
    }
  }
}
