import Glibc
import Linux

/// What the access log will say of a request; kept only where there is such a log.
struct AccessRecord {
  var method = Buffer()
  var target = Buffer()
}

typealias AccessRecordRef = UnsafeMutablePointer<AccessRecord>

/// The access log: a line a request, written once it is over, handed on once a turn.
extension Loop {
  func beginRecord(_ client: ClientRef, _ bytes: UnsafePointer<UInt8>, _ head: RequestHead) {
    let record = beginRecord(client)
    record.pointee.method.append(bytes + head.methodName.start, min(head.methodName.count, 32))
    record.pointee.target.append(bytes + head.target.start, min(head.target.count, 2048))
  }

  /// Of a request that cannot be read.
  @discardableResult
  func beginRecord(_ client: ClientRef) -> AccessRecordRef {
    let record = AccessRecordRef.allocate(capacity: 1)
    record.initialize(to: AccessRecord())
    client.pointee.record = record
    return record
  }

  func finishRecord(_ client: ClientRef) {
    guard let record = client.pointee.record else { return }
    client.pointee.record = nil
    let milliseconds = Double(state.pointee.microseconds - client.pointee.startedAt) / 1000
    let line = AccessLine(
      at: Timestamp.now.iso8601(),
      client: text(address(of: client), Int(client.pointee.addressLength)),
      method: text(record.pointee.method), target: text(record.pointee.target),
      status: client.pointee.status, bytes: client.pointee.sentBytes,
      milliseconds: (milliseconds * 10).rounded() / 10)
    let written = configuration.accessLog == .json ? line.json : line.text
    state.pointee.accessLines.append(contentsOf: written.utf8)
    record.pointee.method.deallocate()
    record.pointee.target.deallocate()
    record.deallocate()
  }

  func flushAccessLog() {
    guard !state.pointee.accessLines.isEmpty else { return }
    configuration.writeAccessLog(state.pointee.accessLines)
    state.pointee.accessLines.removeAll(keepingCapacity: true)
  }

  private func text(_ buffer: Buffer) -> String { buffer.isEmpty ? "-" : text(buffer.bytes, buffer.count) }

  /// What was refused may hold anything: a line of the log stays a line.
  private func text(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> String {
    let visible = UnsafeBufferPointer(start: bytes, count: count).map { 0x21..<0x7f ~= $0 ? $0 : 0x3f }
    return String(decoding: visible, as: UTF8.self)
  }
}

struct AccessLine {
  let at: String
  let client: String
  let method: String
  let target: String
  /// 0: the client left before there was an answer.
  let status: UInt16
  let bytes: UInt64
  let milliseconds: Double

  var text: String {
    "\(at) \(client.isEmpty ? "-" : client) \(method) \(target) \(status) \(bytes) \(milliseconds)ms\n"
  }

  var json: String {
    """
    {"at":"\(at)","client":"\(client)","method":"\(Self.escaped(method))","target":"\(Self.escaped(target))",\
    "status":\(status),"bytes":\(bytes),"ms":\(milliseconds)}

    """
  }

  /// Of visible ASCII two have to be.
  private static func escaped(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      if character == "\"" || character == "\\" { result += "\\" }
      result.append(character)
    }
  }
}
