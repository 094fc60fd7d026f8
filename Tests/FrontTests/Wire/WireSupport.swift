@testable import Front

/// What a parser says about bytes.
enum Verdict: Equatable {
  case complete, incomplete
  case refused(UInt16)

  init(_ result: HeadResult) {
    switch result {
    case .complete: self = .complete
    case .incomplete: self = .incomplete
    case .refused(let refusal): self = .refused(refusal.status)
    }
  }
}

/// Gives `bytes` as memory of exactly that size, a new one each time.
func withMemory<Result>(_ bytes: [UInt8], _ body: (UnsafeMutablePointer<UInt8>, Int) -> Result) -> Result {
  let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, bytes.count))
  defer { memory.deallocate() }
  for (index, byte) in bytes.enumerated() { memory[index] = byte }
  return body(memory, bytes.count)
}

func repeated(_ text: String, _ times: Int) -> String { String(repeating: text, count: times) }

/// A parser of requests, and what it makes of texts.
final class Requests {
  private(set) var parser: RequestParser

  init(_ limits: FrontLimits = FrontLimits()) { parser = RequestParser(limits: limits) }

  deinit { parser.deallocate() }

  var head: RequestHead { parser.head }

  func verdict(_ text: String) -> Verdict { verdict(Array(text.utf8)) }

  func verdict(_ bytes: [UInt8]) -> Verdict {
    withMemory(bytes) { memory, count in Verdict(parser.parse(memory, count, scanned: 0)) }
  }

  func parse(_ memory: UnsafeMutablePointer<UInt8>, _ count: Int, scanned: Int) -> HeadResult {
    parser.parse(memory, count, scanned: scanned)
  }

  /// The verdict when the bytes have come up to each of these counts, one after the other.
  func verdict(_ bytes: [UInt8], upTo counts: [Int]) -> Verdict {
    var scanned = 0
    for count in counts {
      let result = withMemory(Array(bytes.prefix(count))) { memory, count in
        parser.parse(memory, count, scanned: scanned)
      }
      guard case .incomplete(let next) = result else { return Verdict(result) }
      scanned = next
    }
    return .incomplete
  }

  /// The head as the app gets it; nil if it is not taken.
  func rewritten(_ text: String, trusted: Bool = false, capacity: Int? = nil) -> String? {
    withMemory(Array(text.utf8)) { memory, count in
      guard case .complete = parser.parse(memory, count, scanned: 0) else { return nil }
      let room = capacity ?? count + parser.head.host.count + 512
      return withMemory(Array(repeating: 0, count: room)) { out, room in
        withMemory(Array("192.0.2.7".utf8)) { address, length in
          withMemory(Array(Self.requestID.utf8)) { requestID, _ in
            let client = ForwardedClient(
              address: address, addressLength: length, isTrusted: trusted, requestID: requestID)
            let written = parser.write(memory, to: out, capacity: room, client: client)
            guard written >= 0 else { return nil }
            return String(decoding: UnsafeBufferPointer(start: out, count: written), as: UTF8.self)
          }
        }
      }
    }
  }

  static let requestID = "0123456789abcdef0123456789abcdef"

  /// What is added for a client that no proxy stands for.
  static func forwarding(host: String = "h") -> String {
    "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: \(host)\r\n"
      + "X-Request-Id: \(requestID)\r\n\r\n"
  }
}

/// A parser of responses, and what it makes of texts.
final class Responses {
  private(set) var parser: ResponseParser

  init(_ limits: FrontLimits = FrontLimits()) { parser = ResponseParser(limits: limits) }

  deinit { parser.deallocate() }

  var head: ResponseHead { parser.head }

  func verdict(_ text: String, to method: Method = .get) -> Verdict {
    withMemory(Array(text.utf8)) { memory, count in
      Verdict(parser.parse(memory, count, scanned: 0, to: method))
    }
  }

  func verdict(_ bytes: [UInt8], upTo counts: [Int]) -> Verdict {
    var scanned = 0
    for count in counts {
      let result = withMemory(Array(bytes.prefix(count))) { memory, count in
        parser.parse(memory, count, scanned: scanned, to: .get)
      }
      guard case .incomplete(let next) = result else { return Verdict(result) }
      scanned = next
    }
    return .incomplete
  }

  /// The head as the client gets it; nil if it is not taken.
  func rewritten(
    _ text: String, to method: Method = .get, clientMinor: UInt8 = 1,
    connection: ConnectionHeader = .none, dropsChunked: Bool = false, capacity: Int? = nil
  ) -> String? {
    withMemory(Array(text.utf8)) { memory, count in
      guard case .complete = parser.parse(memory, count, scanned: 0, to: method) else { return nil }
      return withMemory(Array(repeating: 0, count: capacity ?? count + 64)) { out, room in
        let written = parser.write(
          memory, to: out, capacity: room, clientMinor: clientMinor, connection: connection,
          dropsChunked: dropsChunked)
        guard written >= 0 else { return nil }
        return String(decoding: UnsafeBufferPointer(start: out, count: written), as: UTF8.self)
      }
    }
  }
}
