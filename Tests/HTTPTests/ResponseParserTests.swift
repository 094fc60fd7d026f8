import HTTP
import Testing

@Suite struct ResponseParserTests {
  struct Outcome: Equatable {
    var status: Int?
    var body = ""
    var isComplete = false
    var hasFailed = false
  }

  @Test(arguments: [
    ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", Outcome(status: 200, body: "hi", isComplete: true)),
    ("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", Outcome(status: 200, isComplete: true)),
    ("HTTP/1.1 503 Not today\r\n\r\nhi there", Outcome(status: 503, body: "hi there", isComplete: true)),
    ("HTTP/1.0 200 OK\r\n\r\n", Outcome(status: 200, isComplete: true)),
    (
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n1\r\n!\r\n0\r\n\r\n",
      Outcome(status: 200, body: "hi!", isComplete: true)
    ),
    ("HTTP/1.1 204 No Content\r\n\r\n", Outcome(status: 204, isComplete: true)),
    (
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\nContent-Length: 1\r\n\r\nx",
      Outcome(status: 202, body: "x", isComplete: true)
    ),
    ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi", Outcome(status: 200, body: "hi", hasFailed: true)),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Outcome(status: 200, hasFailed: true)),
    ("HTTP/1.1 200 OK\r\n", Outcome(hasFailed: true)),
    ("", Outcome(hasFailed: true)),
    ("HTTP/1.1 20 OK\r\n\r\n", Outcome(hasFailed: true)),
    ("HTTP/2 200 OK\r\n\r\n", Outcome(hasFailed: true)),
    ("SSH-2.0-OpenSSH_9.2\r\n", Outcome(hasFailed: true)),
    ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", Outcome(hasFailed: true)),
  ])
  func `a response is read to its end, however it is framed`(text: String, expected: Outcome) {
    for portion in [1, 3, 1000] { #expect(outcome(of: text, portion: portion) == expected) }
  }

  private func outcome(of text: String, portion: Int) -> Outcome {
    var parser = ResponseParser()
    var outcome = Outcome()
    var rest = Array(text.utf8)[...]
    while true {
      switch parser.next() {
      case .needMore:
        if rest.isEmpty {
          parser.close()
        } else {
          Array(rest.prefix(portion)).withUnsafeBytes { parser.feed($0) }
          rest = rest.dropFirst(portion)
        }
      case .head(let head): outcome.status = head.status
      case .body(let bytes): outcome.body += String(decoding: bytes, as: UTF8.self)
      case .end:
        outcome.isComplete = true
        return outcome
      case .failure:
        outcome.hasFailed = true
        return outcome
      }
    }
  }
}
