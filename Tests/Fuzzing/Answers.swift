import Glibc

// Says for each message on the standard input what the parsers make of it, for compare.py. Both ways a message is
// its length in four bytes, highest first, and then its bytes. A question begins with Q for a request, G or H
// for the response to a GET or HEAD. An answer is a line, `complete LENGTH-OF-HEAD LENGTH-OF-BODY-AS-SENT` or
// another verdict, then the rewritten head, which ends with its empty line, and then the content of the body.

private func input(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int) -> Bool {
  count == 0 || fread(bytes, count, 1, stdin) == 1
}

private func number() -> Int? {
  var bytes: (UInt8, UInt8, UInt8, UInt8) = (0, 0, 0, 0)
  return withUnsafeMutableBytes(of: &bytes) { buffer in
    guard let base = buffer.baseAddress, input(base.assumingMemoryBound(to: UInt8.self), 4) else {
      return nil
    }
    return buffer.reduce(0) { $0 << 8 | Int($1) }
  }
}

private struct Answerer {
  var requests = RequestParser(limits: FrontLimits())
  var responses = ResponseParser(limits: FrontLimits())
  let out = UnsafeMutablePointer<UInt8>.allocate(capacity: 1 << 20)
  let address: [UInt8] = Array("192.0.2.7".utf8)
  let requestID: [UInt8] = Array("0123456789abcdef0123456789abcdef".utf8)

  mutating func request(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> [UInt8] {
    let result = requests.parse(bytes, count, scanned: 0)
    guard case .complete = result else { return Self.verdict(result) }
    let head = requests.head
    let written = address.withUnsafeBufferPointer { address in
      requestID.withUnsafeBufferPointer { requestID -> Int in
        guard let name = address.baseAddress, let id = requestID.baseAddress else { return -1 }
        let client = ForwardedClient(
          address: name, addressLength: address.count, isTrusted: false, requestID: id)
        return requests.write(bytes, to: out, capacity: 1 << 20, client: client)
      }
    }
    return answer(written, bytes, count, head.length, head.framing, head.contentLength)
  }

  mutating func response(_ bytes: UnsafePointer<UInt8>, _ count: Int, to method: Method) -> [UInt8] {
    let result = responses.parse(bytes, count, scanned: 0, to: method)
    guard case .complete = result else { return Self.verdict(result) }
    let head = responses.head
    let written = responses.write(
      bytes, to: out, capacity: 1 << 20, clientMinor: 1, connection: .none, dropsChunked: false)
    return answer(written, bytes, count, head.length, head.framing, head.contentLength)
  }

  private static func verdict(_ result: HeadResult) -> [UInt8] {
    guard case .refused(let refusal) = result else { return Array("incomplete\n".utf8) }
    return Array("refused \(refusal.status)\n".utf8)
  }

  private func answer(
    _ written: Int, _ bytes: UnsafePointer<UInt8>, _ count: Int, _ head: Int, _ framing: Framing,
    _ length: UInt64
  ) -> [UInt8] {
    guard written > 0 else { return Array("unwritten\n".utf8) }
    let body = bytes + head
    let rest = count - head
    var content: [UInt8] = []
    var taken = 0
    switch framing {
    case .none: break
    case .length:
      guard length <= UInt64(rest) else { return Array("incomplete\n".utf8) }
      taken = Int(length)
      content += UnsafeBufferPointer(start: body, count: taken)
    case .untilClose:
      taken = rest
      content += UnsafeBufferPointer(start: body, count: taken)
    case .chunked:
      var chunks = ChunkScanner()
      let result = chunks.scan(body, rest) { content += UnsafeBufferPointer(start: $0, count: $1) }
      guard result.state == .complete else {
        return Array((result.state == .more ? "incomplete\n" : "refused 400\n").utf8)
      }
      taken = result.consumed
    }
    return Array("complete \(head) \(taken)\n".utf8) + UnsafeBufferPointer(start: out, count: written)
      + content
  }
}

@main
enum Answers {
  static func main() {
    var answerer = Answerer()
    while let count = number() {
      let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, count))
      defer { bytes.deallocate() }
      guard count > 0, input(bytes, count) else { return }
      let answer: [UInt8]
      switch bytes[0] {
      case UInt8(ascii: "G"): answer = answerer.response(bytes + 1, count - 1, to: .get)
      case UInt8(ascii: "H"): answer = answerer.response(bytes + 1, count - 1, to: .head)
      default: answer = answerer.request(bytes + 1, count - 1)
      }
      let length = (0..<4).reversed().map { UInt8(truncatingIfNeeded: answer.count >> ($0 * 8)) }
      _ = (length + answer).withUnsafeBytes { fwrite($0.baseAddress, $0.count, 1, stdout) }
      fflush(stdout)
    }
  }
}
