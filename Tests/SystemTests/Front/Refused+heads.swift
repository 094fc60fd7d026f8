extension Refused {
  static let hosts: [Refused] =
    [
      Refused("no Host", "GET / HTTP/1.1\r\n\r\n"),
      Refused("no Host, but a field", "GET / HTTP/1.1\r\nX: y\r\n\r\n"),
      Refused("Host twice", "GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n"),
      Refused("two Hosts", "GET / HTTP/1.1\r\nHost: h\r\nX: y\r\nhost: i\r\n\r\n"),
      Refused("two Hosts on 1.0", "GET / HTTP/1.0\r\nHost: h\r\nHost: i\r\n\r\n"),
      Refused("an absolute target and two Hosts", "GET http://h/ HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n"),
      Refused("an absolute target and no Host", "GET http://h/ HTTP/1.1\r\n\r\n"),
    ]
    + [
      "a,b", "u@h", "a b", "a/b", "a?b", "a#b", "a\\b", "h:x", "h:80:80", "a\tb", "\u{e9}", "<h>", "[::1",
      "a\"b",
    ].map { Refused("Host: " + $0, "GET / HTTP/1.1\r\nHost: \($0)\r\n\r\n") }

  static let lengths: [Refused] =
    [
      "+5", "-1", "0x5", "1_0", "1 0", "1\t0", "", " ", "5,6", "5, 5", "5,5", ",5", "5,", "5.0", "5e1",
      "\"5\"",
      "5;a=b", "0000000000000000000000", "9999999999999999999999", "18446744073709551616",
      "9223372036854775808",
      "\u{b5}", "5\u{0b}", "\u{0b}5", "5\0", "five",
    ].map { .field("Content-Length: \($0)") } + [
      .field("Content-Length: 5\r\nContent-Length: 5"),
      .field("Content-Length: 5\r\nContent-Length: 6"),
      .field("Content-Length: 5\r\nX: y\r\ncontent-length: 5"),
      .field("Content-Length: 0\r\nContent-Length: 0", method: "GET"),
      .field("Content-Length : 5"),
      .field("Content-Length\t: 5"),
      .field("Content-Length: 5\r\n 0"),
    ]

  static let codings: [Refused] =
    [
      .field("Content-Length: 5\r\nTransfer-Encoding: chunked"),
      .field("Transfer-Encoding: chunked\r\nContent-Length: 5"),
      .field("Transfer-Encoding: chunked\r\nContent-Length: 0", method: "GET"),
      .field("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
      .field("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", 400, 501),
      .field("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", 400, 501),
      .field("Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip", 400, 501),
      .field("Transfer-Encoding: chunked, chunked"),
      .field("Transfer-Encoding: chunked, gzip", 400, 501),
      .field("Transfer-Encoding: chunked\0"),
      .field("Transfer-Encoding: \u{0b}chunked"),
      .field("Transfer-Encoding: chunked\u{0c}"),
      .field("Transfer-Encoding : chunked"),
      .field("Transfer-Encoding\t: chunked"),
      .field("Transfer-Encoding:\r\n chunked"),
      .field("X: y\r\n Transfer-Encoding: chunked"),
      Refused("Transfer-Encoding on 1.0", "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"),
    ]
    + [
      "xchunked", "chunkedx", "identity", "gzip, chunked", "gzip", "\"chunked\"", "chunked;a=b", "",
      ",chunked",
      "chunked,", "chunked, identity", "identity, chunked", "chun ked", "'chunked'", "x", "chunked chunked",
    ].map { .field("Transfer-Encoding: \($0)", 400, 501) }

  static let fields: [Refused] =
    [
      "X: a\r\n b", "X: a\r\n\tb", "X: a\r\n \r\nY: b", "X : a", "X\t: a", "X a", "X", ": a", " : a",
      "X: a\nY: b", "X: a\n", "X: a\rY: b", "X: a\r\r\nY: b", "\rX: a", "X: \0", "X\0: a", "\0", "X: a\0b",
      "X\u{e9}: a", "X\u{80}: a", "\u{ff}: a", "X\u{7f}: a", "X\u{01}: a", "X\r: a", "X\n: a",
      "X: a\n\r\nY: b",
    ].map { .field($0, method: "GET") }
    + "()<>@,;\\\"/[]?={}".map { .field("X\($0)Y: a", method: "GET") } + [
      Refused("a first field that is folded", "GET / HTTP/1.1\r\n X: a\r\nHost: h\r\n\r\n"),
      Refused("a folded Host", "GET / HTTP/1.1\r\nHost:\r\n h\r\n\r\n"),
      Refused("a space before the colon of Host", "GET / HTTP/1.1\r\nHost : h\r\n\r\n"),
      Refused("bare LF all over", "GET / HTTP/1.1\nHost: h\n\n"),
      Refused("a bare LF at the end", "GET / HTTP/1.1\r\nHost: h\r\n\n"),
      Refused("a bare LF after the request line", "GET / HTTP/1.1\nHost: h\r\n\r\n"),
      Refused("bare CR all over", "GET / HTTP/1.1\rHost: h\r\r\n\r\n"),
      Refused("CR and something else at the end", "GET / HTTP/1.1\r\nHost: h\r\n\rX\r\n\r\n"),
    ]

  static let large: [Refused] = [
    Refused(
      "a target of 100 KB", "GET /\(String(repeating: "a", count: 100_000)) HTTP/1.1\r\nHost: h\r\n\r\n", 414),
    Refused("a request line without an end", "GET /" + String(repeating: "a", count: 300_000), 414),
    Refused("a method without an end", String(repeating: "G", count: 100_000), 400, 414, 501),
    Refused(
      "10,000 fields",
      "GET / HTTP/1.1\r\nHost: h\r\n" + (0..<10_000).map { "X-\($0): y\r\n" }.joined() + "\r\n", 431),
    Refused(
      "a field of 100 KB",
      "GET / HTTP/1.1\r\nHost: h\r\nCookie: \(String(repeating: "a", count: 100_000))\r\n\r\n", 431),
    Refused(
      "a name without an end", "GET / HTTP/1.1\r\nHost: h\r\n" + String(repeating: "a", count: 300_000), 431),
    Refused("empty lines without an end", String(repeating: "\r\n", count: 50_000)),
  ]
}
