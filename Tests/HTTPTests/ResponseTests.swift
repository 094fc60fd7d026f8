import HTTP
import Testing

@Suite struct ResponseTests {
  @Test func `a response is one message, not to be stored`() {
    let text = String(decoding: Response.text(404, "No.").bytes(to: "GET", keepsAlive: true), as: UTF8.self)
    #expect(
      text == """
        HTTP/1.1 404 Not Found\r
        Content-Type: text/plain; charset=utf-8\r
        Cache-Control: no-store\r
        Content-Length: 3\r
        Connection: keep-alive\r
        \r
        No.
        """)
  }

  @Test func `an answer to HEAD has the length but no body`() {
    let text = String(
      decoding: Response.text(200, "Yes.").bytes(to: "HEAD", keepsAlive: false), as: UTF8.self)
    #expect(text.contains("Content-Length: 4\r\n"))
    #expect(text.hasSuffix("Connection: close\r\n\r\n"))
  }

  @Test func `204 has neither`() {
    let text = String(decoding: Response(204).bytes(to: "GET", keepsAlive: true), as: UTF8.self)
    #expect(!text.contains("Content-Length"))
  }

  @Test func `a value cannot begin another header`() {
    let response = Response(200, headers: [("X", "a\r\nSet-Cookie: b")])
    let text = String(decoding: response.bytes(to: "GET", keepsAlive: true), as: UTF8.self)
    #expect(text.contains("X: a  Set-Cookie: b\r\n"))
  }

  @Test func `an error is JSON with a code and a sentence`() {
    let response = Response.error(413, "Too \"large\".")
    #expect(
      String(decoding: response.body, as: UTF8.self)
        == #"{"error":{"code":"content_too_large","message":"Too \"large\"."}}"#)
  }
}
