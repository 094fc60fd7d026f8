import Linux

/// The body of a streamed response. Chunks written in one turn of the loop leave in one write.
@MainLoop
package final class StreamWriter {
  /// The reader is gone, or the server stops. Not called after `finish`.
  package var onClose: (@MainLoop () -> Void)?
  /// Everything written has been handed to the kernel.
  package var onDrain: (@MainLoop () -> Void)?

  private weak var connection: Connection?
  private let isChunked: Bool

  init(_ connection: Connection?, isChunked: Bool) {
    self.connection = connection
    self.isChunked = isChunked
  }

  package var isClosed: Bool { connection == nil }

  /// What the reader has not taken yet. Wait for `onDrain` while it is large.
  package var pending: Int { connection?.pending ?? 0 }

  package func write(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    guard isChunked else {
      connection?.enqueue(bytes)
      return
    }
    connection?.enqueue(Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + [0x0d, 0x0a])
  }

  package func finish() {
    if isChunked { connection?.enqueue(Array("0\r\n\r\n".utf8)) }
    connection?.finishStream()
    connection = nil
    onClose = nil
    onDrain = nil
  }

  func connectionClosed() {
    connection = nil
    let body = onClose
    onClose = nil
    onDrain = nil
    body?()
  }
}
