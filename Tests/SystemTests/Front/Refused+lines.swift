extension Refused {
  static let lines: [Refused] = [
    .line("GET  / HTTP/1.1"), .line("GET /  HTTP/1.1"), .line("GET\t/ HTTP/1.1"), .line("GET /\tHTTP/1.1"),
    .line(" GET / HTTP/1.1"), .line("\tGET / HTTP/1.1"), .line("GET / HTTP/1.1 "), .line("GET / HTTP/1.1\t"),
    .line("GET / / HTTP/1.1"), .line("GET /"), .line("GET / ", 400, 505), .line("GET"), .line("GET "),
    .line("GET HTTP/1.1"), .line("/ HTTP/1.1"), .line("GET / http/1.1"), .line("GET / Http/1.1"),
    .line("GET / HTTP/1.32", 400, 505), .line("GET / HTTP/1.11", 400, 505), .line("GET / HTTP/1.2", 400, 505),
    .line("GET / HTTP/1.", 400), .line("GET / HTTP/1", 400), .line("GET / HTTP/11", 400),
    .line("GET / HTTP/01.1", 400, 505), .line("GET / HTTP/1.1x"), .line("GET / HTTP/1,1"),
    .line("GET / HTTP/ 1.1"), .line("GET / HTTP /1.1"), .line("GET / HTTPS/1.1"), .line("GET / XHTTP/1.1"),
    .line("GET / HTTP/2.0", 400, 505), .line("GET / HTTP/3.0", 400, 505), .line("GET / HTTP/0.9", 400, 505),
    .line("GET / HTTP/+1.1", 400), .line("GET / HTTP/1.\u{b9}", 400, 505), .line("GET / ICAP/1.0"),
    .line("GET / RTSP/1.0"), .line("G(T / HTTP/1.1"), .line("G@T / HTTP/1.1"), .line("G\u{e9}T / HTTP/1.1"),
    .line("GET: / HTTP/1.1"), .line("\"GET\" / HTTP/1.1"), .line("G\0T / HTTP/1.1"),
    .line("\0GET / HTTP/1.1"),
    Refused("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, 505),
    Refused("a TLS hello", "\u{16}\u{03}\u{01}\u{02}\0\u{01}\0\u{01}\u{fc}\u{03}\u{03}\r\n\r\n"),
    Refused("HTTP/0.9", "GET /\r\n"),
    Refused("a bare CR in the request line", "GET / HTTP/1.1\rX: y\r\nHost: h\r\n\r\n"),
    Refused("a space before the line's end", "GET / HTTP/1.1 \r\nHost: h\r\n\r\n"),
    Refused("a bare LF before the request", "\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"),
    Refused("a bare CR before the request", "\rGET / HTTP/1.1\r\nHost: h\r\n\r\n"),
    Refused("a space on a line before the request", " \r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"),
  ]

  static let targets: [Refused] = [
    .line("GET * HTTP/1.1"), .line("POST * HTTP/1.1"), .line("OPTIONS ** HTTP/1.1"),
    .line("OPTIONS */a HTTP/1.1"),
    .line("CONNECT h:80 HTTP/1.1", 400, 405, 501), .line("CONNECT / HTTP/1.1", 400, 405, 501),
    .line("CONNECT http://h/ HTTP/1.1", 400, 405, 501),
    .line("GET a HTTP/1.1"), .line("GET ?a HTTP/1.1"), .line("GET ;a HTTP/1.1"), .line("GET h:80 HTTP/1.1"),
    .line("GET %2F HTTP/1.1"), .line("GET /#a HTTP/1.1"), .line("GET # HTTP/1.1"),
    .line("GET /a#b?c HTTP/1.1"),
    .line("GET /\0 HTTP/1.1"), .line("GET /\u{01} HTTP/1.1"), .line("GET /\u{7f} HTTP/1.1"),
    .line("GET /\u{80} HTTP/1.1"), .line("GET /\u{e9} HTTP/1.1"), .line("GET /\u{ff} HTTP/1.1"),
    .line("GET /a\rb HTTP/1.1"), .line("GET /a b HTTP/1.1"), .line("GET /a\u{0b}b HTTP/1.1"),
    .line("GET http:// HTTP/1.1"), .line("GET http:///a HTTP/1.1"), .line("GET http://u@h/ HTTP/1.1"),
    .line("GET http://u:p@h/ HTTP/1.1"), .line("GET http://a,b/ HTTP/1.1"), .line("GET http:/a HTTP/1.1"),
    .line("GET http:a HTTP/1.1"), .line("GET http://h:x/ HTTP/1.1"), .line("GET http://h#a HTTP/1.1"),
    .line("GET http://?a HTTP/1.1"), .line("GET ftp://h/ HTTP/1.1"), .line("GET file:///etc/passwd HTTP/1.1"),
    .line("GET http://h\\i/ HTTP/1.1"),
  ]

  static let chunks: [Refused] =
    [
      "0x5\r\nhello\r\n0\r\n\r\n", "+5\r\nhello\r\n0\r\n\r\n", "-5\r\nhello\r\n0\r\n\r\n",
      " 5\r\nhello\r\n0\r\n\r\n", "5 \r\nhello\r\n0\r\n\r\n", "\t5\r\nhello\r\n0\r\n\r\n",
      "1_0\r\n0123456789abcdef\r\n0\r\n\r\n", "\r\nhello\r\n0\r\n\r\n", "g\r\nhello\r\n0\r\n\r\n",
      "00000000000000005\r\nhello\r\n0\r\n\r\n", "fffffffffffffffff\r\nhello\r\n0\r\n\r\n",
      "10000000000000005\r\nhello\r\n0\r\n\r\n", "5\r\nhello!\r\n0\r\n\r\n", "5\r\nhello0\r\n\r\n",
      "4\r\nhello\r\n0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "5\r\nhello\r0\r\n\r\n", "5\r\nhello\r\n\r\n",
      "5\nhello\r\n0\r\n\r\n", "5\nhello\n0\n\n", "5\rhello\r\n0\r\n\r\n", "5;a\rb\r\nhello\r\n0\r\n\r\n",
      "5;a\nb\r\nhello\r\n0\r\n\r\n", "5;a\n\r\nhello\r\n0\r\n\r\n", "5;a\0\r\nhello\r\n0\r\n\r\n",
      "5;\(String(repeating: "a", count: 5000))\r\nhello\r\n0\r\n\r\n",
      "5;\(String(repeating: "a", count: 300_000))", String(repeating: "0", count: 5000) + "\r\n\r\n",
      "0\n\n", "0\r\n\n", "0\r\n\rX", "0\r\nX: a\n\r\n", "0\r\nX : a\r\n\r\n", "0\r\n X: a\r\n\r\n",
      "0\r\nX: a\r\n b\r\n\r\n", "0\r\nX\r\n\r\n", "0\r\n: a\r\n\r\n", "0\r\nX\0: a\r\n\r\n",
      "0\r\nX\u{e9}: a\r\n\r\n", "0\r\nContent-Length: 5\r\n\r\n", "0\r\nTransfer-Encoding: chunked\r\n\r\n",
      "0\r\nHost: smuggled\r\n\r\n", "0\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n",
      "0\r\n" + String(repeating: "X: a\r\n", count: 10_000) + "\r\n",
      "0\r\nX: " + String(repeating: "a", count: 100_000) + "\r\n\r\n",
    ].map { body in
      Refused(
        body.count > 100 ? "\(body.prefix(20))… \(body.count)" : body,
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n\(body)")
    }
}
