import Testing

@testable import Front

/// Whatever could be read in two ways never reaches the app.
@Suite struct RequestRefusalTests {
  private func expect(_ status: UInt16, _ text: String, at location: SourceLocation = #_sourceLocation) {
    let bytes = Array(text.utf8)
    #expect(Requests().verdict(bytes) == .refused(status), sourceLocation: location)
    let everyByte = Array(1...bytes.count)
    #expect(
      Requests().verdict(bytes, upTo: everyByte) == .refused(status), "byte by byte", sourceLocation: location
    )
    for split in everyByte {
      let verdict = Requests().verdict(bytes, upTo: [split, bytes.count])
      #expect(verdict == .refused(status), "split at \(split)", sourceLocation: location)
    }
  }

  @Test(arguments: [
    "", "Host: a\r\nHost: a\r\n", "Host: a\r\nHost: b\r\n", "Host: a,b\r\n", "Host: u@h\r\n", "Host: a b\r\n",
    "Host:\r\n", "Host: \r\n", "Host: a:\r\n", "Host: a:1x\r\n", "Host: a:65536\r\n", "Host: a:+1\r\n",
    "Host: a/b\r\n", "Host: [::1\r\n", "Host: ::1\r\n", "Host: [::1]x\r\n", "Host: []\r\n", "Host: a%41\r\n",
    "Host: \"a\"\r\n", "Host: a;b\r\n", "Host: a\\b\r\n", "Host: é\r\n", "Host: http://a\r\n",
  ])
  func `exactly one host that is one is asked for`(fields: String) {
    expect(400, "GET / HTTP/1.1\r\n\(fields)\r\n")
  }

  @Test(arguments: ["Host: a\r\nHost: a\r\n", "Host: a,b\r\n", "Host: u@h\r\n"])
  func `in HTTP 1 0 too, where there need not be one`(fields: String) {
    expect(400, "GET / HTTP/1.0\r\n\(fields)\r\n")
  }

  @Test(arguments: [
    "+5", "-1", "0x5", "1_0", "1 0", "", "5,6", "5, 5", "5;", "5.0", "\"5\"", "five", "5 5", ",5",
    "1234567890123456789012", "0000000000000000000005", "9223372036854775808", "18446744073709551616",
    "18446744073709551621", "٥",
  ])
  func `a length is digits and nothing else`(value: String) {
    expect(400, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(value)\r\n\r\n")
  }

  @Test(arguments: [
    "Content-Length: 5\r\nContent-Length: 5\r\n", "Content-Length: 5\r\nContent-Length: 6\r\n",
    "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
    "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    "Content-Length: x\r\nTransfer-Encoding: chunked\r\n",
  ])
  func `one thing says how long a body is`(fields: String) {
    expect(400, "POST / HTTP/1.1\r\nHost: h\r\n\(fields)\r\n")
  }

  @Test(arguments: [
    "xchunked", "identity", "chunked\0", "", "chunked, gzip", "chunked,chunked", "chunked, chunked", "gzip",
    "chunked;a=b", "chunked ;a=b, chunked", "\"chunked\"", "chunked,", ",chunked", "chunke", "chunkedd",
    "gzip,,chunked", "chunked gzip", "chu\u{6e}ked\u{b}", "=, chunked", "ｃhunked",
  ])
  func `a coding that leaves the length open is refused`(value: String) {
    expect(400, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \(value)\r\n\r\n")
  }

  @Test(arguments: ["gzip, chunked", "gzip;q=1 , Chunked", "identity, chunked", "a,b,chunked"])
  func `a coding that is not known is not implemented`(value: String) {
    expect(501, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \(value)\r\n\r\n")
  }

  @Test func `HTTP 1 0 knows no transfer codings`() {
    expect(400, "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
  }

  @Test(arguments: [
    " folded: x\r\n", "A: b\r\n c\r\n", "A: b\r\n\tc\r\n", "A: b\r\n \r\n", "A : b\r\n", "A\t: b\r\n",
    "A\r\n",
    "A b\r\n", ": b\r\n", ":\r\n", "Ä: b\r\n", "A\u{7f}: b\r\n", "A(: b\r\n", "A@: b\r\n", "A\"B: c\r\n",
    "A/B: c\r\n", "A[1]: c\r\n", "A\0: b\r\n", "A: b\0\r\n", "A: \0b\r\n", "A: b\rc\r\n", "A: b\r\r\n",
    "A: b\n",
    "A: b\nContent-Length: 5\r\n", "\n", "A\n", "\r", "A: b\u{1}\r\n", "A: b\u{7f}\r\n", "A: b\u{b}c\r\n",
    "Content-Length : 5\r\n", "Content\u{d}Length: 5\r\n", "Transfer-Encoding\u{b}: chunked\r\n",
    "A: 123456789012345678901234567890\0\r\n", "A: 1234567\u{1f}90123456789\r\n",
  ])
  func `a field is a name, a colon and a value`(field: String) {
    expect(400, "GET / HTTP/1.1\r\nHost: h\r\n\(field)\r\n")
    expect(400, "GET / HTTP/1.1\r\n\(field)Host: h\r\n\r\n")
  }

  @Test(arguments: [
    "GET  / HTTP/1.1", "GET /  HTTP/1.1", "GET\t/ HTTP/1.1", "GET /\tHTTP/1.1", " GET / HTTP/1.1",
    "GET / HTTP/1.1 ", "GET / HTTP/1.1\t", "GET / http/1.1", "GET / HTTP/1.32", "GET / HTTP/01.1",
    "GET / HTTP/1.", "GET / HTTP/1", "GET / HTTP/", "GET /", "GET", "GET ", "GET / ", "GET HTTP/1.1",
    "GET / HTTP/1,1", "GET / HTTP /1.1", "GET / HTTP/1.1\0", "GET / HTTP/1.1x", "GET / HTTP/a.b",
    "GET / XTTP/1.1",
    "GET / FTP/1.11", "/ HTTP/1.1", "G@T / HTTP/1.1", "GÉT / HTTP/1.1", "GET: / HTTP/1.1",
    "GET /a b HTTP/1.1",
    "GET /#a HTTP/1.1", "GET /a#b HTTP/1.1", "GET /a?b#c HTTP/1.1", "GET /\u{7f} HTTP/1.1", "GET /é HTTP/1.1",
    "GET /\0 HTTP/1.1", "GET /a?\u{1} HTTP/1.1", "GET * HTTP/1.1", "POST * HTTP/1.1", "OPTIONS ** HTTP/1.1",
    "OPTIONS *?a HTTP/1.1", "GET a HTTP/1.1", "GET h:80 HTTP/1.1", "GET ?a HTTP/1.1", "GET .. HTTP/1.1",
    "GET http:// HTTP/1.1", "GET http:///a HTTP/1.1", "GET http://u@h/ HTTP/1.1", "GET http://a,b/ HTTP/1.1",
    "GET http://h:x/ HTTP/1.1", "GET http:/h HTTP/1.1", "GET http:h HTTP/1.1", "GET ftp://h/ HTTP/1.1",
    "GET https:// HTTP/1.1", "GET http://?a HTTP/1.1", "head / HTTP/1.1", "Head / HTTP/1.1",
    "connect / HTTP/1.1",
    "\u{16}\u{3}\u{1}", "GET / HTTP/1.1\rX", "GET\r / HTTP/1.1", "GET /\r HTTP/1.1",
  ])
  func `a request line is a method, a target and a version`(line: String) {
    expect(400, "\(line)\r\nHost: h\r\n\r\n")
  }

  @Test(arguments: ["GET / HTTP/1.1\n", "GET /\n", "\n", "GET / HTTP/1.1\r\nHost: h\n", "GET / HTTP/1\n\n\n"])
  func `a bare line feed is refused as soon as it comes`(start: String) {
    expect(400, start)
  }

  @Test(arguments: [
    "PRI * HTTP/2.0", "GET / HTTP/2.0", "GET / HTTP/3.0", "GET / HTTP/0.9", "GET / HTTP/1.2",
    "GET / HTTP/1.9",
    "CONNECT h:1 HTTP/2.0",
  ])
  func `another version is not supported`(line: String) {
    expect(505, "\(line)\r\nHost: h\r\n\r\n")
  }

  @Test(arguments: ["CONNECT h:443 HTTP/1.1", "CONNECT / HTTP/1.1", "CONNECT h:80 HTTP/1.0"])
  func `this is no proxy for CONNECT`(line: String) {
    expect(501, "\(line)\r\nHost: h\r\n\r\n")
  }

  @Test(arguments: ["100-Continue, x", "x", "", "100-continu", "200-ok", "100-continue;q=1"])
  func `an expectation that is not known is not met`(value: String) {
    expect(417, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nExpect: \(value)\r\n\r\n")
  }

  @Test func `an endless row of empty lines is no request`() {
    expect(400, repeated("\r\n", 5) + "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    expect(400, "\r\nX\r\n")
    expect(400, "\rGET / HTTP/1.1\r\n")
  }

  @Test func `what Connection names has a limit`() {
    expect(400, "GET / HTTP/1.1\r\nHost: h\r\nConnection: \(repeated("a,", 65))a\r\n\r\n")
  }

  @Test func `who was refused what is still known, if it could be read`() {
    let requests = Requests()
    #expect(requests.verdict("DELETE /a?b HTTP/1.1\r\n\r\n") == .refused(400))
    #expect(requests.head.method == .delete)
    #expect(requests.head.path.count == 2)
    #expect(requests.verdict("DELETE  /a HTTP/1.1\r\n\r\n") == .refused(400))
    #expect(requests.head.methodName.count == 0)
    #expect(requests.head.target.count == 0)
  }
}
