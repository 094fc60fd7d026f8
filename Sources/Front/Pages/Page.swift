import Glibc

/// The front's own answers. A page is the fields that belong to it, an empty line, and its body.
enum Page {
  static func text(_ sentence: StaticString) -> [UInt8] {
    let sentence = sentence.withUTF8Buffer { Array($0) }
    return Array("Content-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\n\r\n".utf8) + sentence
      + [0x0a]
  }

  static let preparing = html(
    title: "One moment",
    text: "A release is being prepared. This page tries again by itself.", retryAfter: 5)

  static func maintenance(_ text: String) -> [UInt8] {
    html(title: "Under maintenance", text: text, retryAfter: 60)
  }

  private static func html(title: String, text: String, retryAfter: Int) -> [UInt8] {
    let body = """
      <!doctype html>
      <html lang="en">
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width">
      <meta http-equiv="refresh" content="\(retryAfter)">
      <title>\(escaped(title))</title>
      <style>
      body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 20vh auto; padding: 0 1rem }
      @media (prefers-color-scheme: dark) { body { background: #16181c; color: #e6e6e6 } }
      </style>
      <h1>\(escaped(title))</h1>
      <p>\(escaped(text))</p>
      </html>

      """
    let fields =
      "Content-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\nRetry-After: \(retryAfter)\r\n\r\n"
    return Array((fields + body).utf8)
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for character in text.unicodeScalars {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }

  static func reason(_ status: UInt16) -> StaticString {
    switch status {
    case 400: "Bad Request"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 408: "Request Timeout"
    case 414: "URI Too Long"
    case 417: "Expectation Failed"
    case 431: "Request Header Fields Too Large"
    case 501: "Not Implemented"
    case 502: "Bad Gateway"
    case 503: "Service Unavailable"
    case 505: "HTTP Version Not Supported"
    default: "Error"
    }
  }

  /// The whole answer; returns its length.
  static func write(
    _ status: UInt16, _ page: UnsafeBufferPointer<UInt8>, isHead: Bool, closes: Bool, keepsAlive: Bool,
    to out: UnsafeMutablePointer<UInt8>, capacity: Int
  ) -> Int {
    let split = endOfFields(page)
    var writer = ByteWriter(out, capacity)
    writer.add("HTTP/1.1 ")
    writer.add(UInt64(status))
    writer.add(" ")
    writer.add(reason(status))
    writer.add("\r\nContent-Length: ")
    writer.add(UInt64(page.count - split))
    writer.add(closes ? "\r\nConnection: close\r\n" : keepsAlive ? "\r\nConnection: keep-alive\r\n" : "\r\n")
    writer.add(UnsafeBufferPointer(rebasing: page[..<split]))
    if !isHead { writer.add(UnsafeBufferPointer(rebasing: page[split...])) }
    return writer.count
  }

  private static func endOfFields(_ page: UnsafeBufferPointer<UInt8>) -> Int {
    var end = 4
    while end < page.count {
      if page[end - 4] == 0x0d, page[end - 3] == 0x0a, page[end - 2] == 0x0d, page[end - 1] == 0x0a { break }
      end += 1
    }
    return min(end, page.count)
  }
}

/// Bytes one after the other, as far as there is room.
struct ByteWriter {
  private let out: UnsafeMutablePointer<UInt8>
  private let capacity: Int
  private(set) var count = 0

  init(_ out: UnsafeMutablePointer<UInt8>, _ capacity: Int) {
    self.out = out
    self.capacity = capacity
  }

  mutating func add(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard let base = bytes.baseAddress, count + bytes.count <= capacity else { return }
    memcpy(out + count, base, bytes.count)
    count += bytes.count
  }

  mutating func add(_ text: StaticString) { text.withUTF8Buffer { add($0) } }

  mutating func add(_ number: UInt64) {
    var digits = String(number)
    digits.withUTF8 { add($0) }
  }
}
