import Linux
import Testing

@testable import Notify

@Suite struct CurlTests {
  private func text(_ transfer: Transfer) throws -> String {
    String(decoding: try CurlConfiguration.text(for: transfer), as: UTF8.self)
  }

  @Test func `the configuration of a request, line for line`() throws {
    let transfer = Transfer.post(
      "https://u.test/x?a=[1-9]&b=\"q\"", json: Array("{\"a\\n\":\"ü\tx\r\ny\"}".utf8),
      headers: [Transfer.Header("X-A", "b\\c")])
    #expect(
      try text(transfer) == #"""
        url = "https://u.test/x?a=[1-9]&b=\"q\""
        globoff
        silent
        connect-timeout = 10
        max-time = 30
        proto = "=http,https"
        include
        suppress-connect-headers
        user-agent = "bascule"
        header = "Content-Type: application/json"
        header = "X-A: b\\c"
        header = "Expect:"
        data-raw = "{\"a\\n\":\"ü\tx\r\ny\"}"

        """#)
  }

  @Test(arguments: [
    "https://u.test/\nproxy = \"http://evil.test\"", "https://u.test/\r", "https://u.test/\0",
    "https://u.test/\u{7f}",
    "file:///etc/passwd", "smtp://u.test", "u.test", "https://", "", "https://u .test/",
  ])
  func `an address that is none, or more than one, is refused`(url: String) {
    #expect(throws: CurlConfiguration.Refusal.self) { try text(.post(url, json: [])) }
  }

  @Test func `nothing ends a header early, and no body ends the text`() {
    #expect(throws: CurlConfiguration.Refusal.self) {
      try text(.post("https://u.test", json: [], headers: [Transfer.Header("X", "a\r\nY: b")]))
    }
    #expect(throws: CurlConfiguration.Refusal.self) { try text(.post("https://u.test", json: [0x7b, 0])) }
  }

  @Test func `what curl would not read is refused before`() {
    #expect(throws: CurlConfiguration.Refusal.self) {
      try text(.post("https://u.test", json: [UInt8](repeating: 0x22, count: 50_000)))
    }
  }

  @Test func `the longest of news is short enough for curl`() throws {
    let worst = String(repeating: "\u{1}", count: 5000)
    let told = try #require(
      news(
        record(project: worst, state: "failed", trigger: worst, message: worst, error: worst, commit: worst)))
    _ = try text(.post("https://u.test", json: Array(told.stored(delivery: "d").utf8)))
  }

  private func mail(_ url: String, to: [String] = ["c@d.test"]) throws -> String {
    let from = try #require(MailAddress("a@b.test"))
    let mail = Mail(
      from: from, to: to.compactMap { MailAddress($0) }, subject: "S", text: "T\n", messageID: "1@b.test",
      date: Timestamp(milliseconds: 0))
    return try text(Transfer(url: url, content: .mail(mail)))
  }

  @Test func `a password is not sent in the clear to another machine`() throws {
    #expect(try mail("smtp://u:p@mail.test:587").contains("\nssl-reqd\n"))
    #expect(try !mail("smtp://u:p@mail.test:587").contains("\ninsecure\n"))
    #expect(try mail("smtp://u:p@127.0.0.1:25").contains("\nssl\n"))
    #expect(try mail("smtp://mail.test").contains("\nssl\ninsecure\n"))
    #expect(try !mail("smtps://u:p@mail.test").contains("\ninsecure\n"))
  }

  @Test func `each recipient is named, and one that is refused does not stop the others`() throws {
    let text = try mail("smtps://mail.test", to: ["c@d.test", "e@f.test"])
    #expect(text.contains("mail-rcpt = \"c@d.test\"\nmail-rcpt = \"e@f.test\"\nmail-rcpt-allowfails\n"))
    #expect(text.contains(#"header = "To: c@d.test,\r\n e@f.test""#))
  }

  private func outcome(_ output: String, _ code: Int32 = 0, mail: Bool = false) throws -> TransferOutcome {
    let from = try #require(MailAddress("a@b.test"))
    let message = Mail(
      from: from, to: [from], subject: "", text: "", messageID: "", date: Timestamp(milliseconds: 0))
    return CurlAnswer.outcome(
      of: mail ? Transfer(url: "smtp://x", content: .mail(message)) : .post("https://x", json: []),
      exitCode: code, output: Array(output.utf8), now: Timestamp(milliseconds: 1_769_860_800_000))
  }

  @Test(
    arguments: [
      ("HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody", Answer(status: 200, body: Array("body".utf8))),
      ("HTTP/2 204 \r\n\r\n", Answer(status: 204)),
      ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\n\r\nx", Answer(status: 201, body: [0x78])),
      (
        "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 500 No\r\n\r\n",
        Answer(status: 200, body: Array("HTTP/1.1 500 No\r\n\r\n".utf8))
      ),
      ("HTTP/1.1 429 X\r\nretry-AFTER:  17 \r\n\r\n", Answer(status: 429, retryAfter: .seconds(17))),
      (
        "HTTP/1.1 503 X\r\nRetry-After: Sat, 31 Jan 2026 12:01:00 GMT\r\n\r\n",
        Answer(status: 503, retryAfter: .seconds(60))
      ),
      (
        "HTTP/1.1 503 X\r\nRetry-After: Sat, 31 Jan 2020 12:01:00 GMT\r\n\r\n",
        Answer(status: 503, retryAfter: .zero)
      ),
      ("HTTP/1.1 503 X\r\nRetry-After: -5\r\n\r\n", Answer(status: 503)),
      ("HTTP/1.1 503 X\r\nRetry-After: 99999999999999999999\r\n\r\n", Answer(status: 503)),
    ] as [(String, Answer)])
  func `an answer is read from its head`(output: String, answer: Answer) throws {
    #expect(try outcome(output) == .answered(answer))
    // Also when the rest of it did not come.
    #expect(try outcome(output, 28) == .answered(answer))
  }

  @Test(arguments: [
    "", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/", "nonsense\r\n\r\n", "HTTP/1.1 100 C\r\n\r\n",
  ])
  func `what is no answer is a failure of the connection`(output: String) throws {
    #expect(try outcome(output, 52) == .failed("it closed the connection without an answer"))
  }

  @Test func `a mail server's word counts, not curl's`() throws {
    #expect(try outcome("250", mail: true) == .answered(Answer(status: 250)))
    #expect(try outcome("550", 55, mail: true) == .answered(Answer(status: 550)))
    #expect(try outcome("451", 55, mail: true) == .answered(Answer(status: 451)))
    #expect(try outcome("000", 7, mail: true) == .failed("it takes no connection"))
  }
}
