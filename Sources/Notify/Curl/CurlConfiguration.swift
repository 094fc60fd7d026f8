import Crypto
import Linux

/// What curl reads on its standard input, so that neither an address nor a secret is in its arguments or its
/// environment, where everybody on the machine could read it.
package enum CurlConfiguration {
  /// `-q`, and first: no ~/.curlrc has a say.
  package static let arguments = ["curl", "-q", "--config", "-"]
  /// Of the container's environment curl gets these and no other.
  package static let variables: Set<String> = [
    "PATH", "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE",
  ]
  /// Of an answer nobody wants more; `max-filesize` would lose its head along with the rest.
  package static let answerLimit = 256 << 10
  /// curl 7.88 takes no line of more than 100 KiB.
  private static let lineLimit = 100_000

  package struct Refusal: Error, Equatable {
    package let reason: String
  }

  package static func text(for transfer: Transfer) throws(Refusal) -> [UInt8] {
    guard let address = WebAddress(transfer.url) else { throw Refusal(reason: "its address is no URL") }
    var text = Text()
    try text.add("url", transfer.url)
    // A bracket or a brace is one, and not a pattern that stands for many addresses.
    text.add("globoff")
    text.add("silent")
    text.add("connect-timeout", seconds: transfer.connectTimeout)
    text.add("max-time", seconds: transfer.timeout)
    switch transfer.content {
    case .request(let headers, let body):
      guard ["http", "https"].contains(address.scheme) else {
        throw Refusal(reason: "its address begins neither with https:// nor with http://")
      }
      try text.add("proto", "=http,https")
      try add(headers, body, to: &text)
    case .mail(let mail):
      guard ["smtp", "smtps"].contains(address.scheme) else {
        throw Refusal(reason: "its address begins neither with smtps:// nor with smtp://")
      }
      try text.add("proto", "=smtp,smtps")
      try add(mail, address, to: &text)
    }
    return text.bytes
  }

  private static func add(_ headers: [Transfer.Header], _ body: [UInt8]?, to text: inout Text)
    throws(Refusal)
  {
    // The head of the answer in front of its body: so a status is known however the body ends.
    text.add("include")
    text.add("suppress-connect-headers")
    try text.add("user-agent", "bascule")
    for header in headers { try text.add("header", "\(header.name): \(header.value)") }
    guard let body else { return }
    // Nobody has to say "100 Continue" first.
    try text.add("header", "Expect:")
    try text.add("data-raw", body)
  }

  private static func add(_ mail: Mail, _ address: WebAddress, to text: inout Text) throws(Refusal) {
    if address.scheme == "smtp" {
      // A password does not leave the machine in the clear. Without one there is nothing to protect: what may
      // go in the clear may also go to a relay that made its certificate itself.
      text.add(address.hasCredentials && !address.isLoopback ? "ssl-reqd" : "ssl")
      if !address.hasCredentials { text.add("insecure") }
    }
    try text.add("mail-from", mail.from.address)
    for recipient in mail.to { try text.add("mail-rcpt", recipient.address) }
    if mail.to.count > 1 { text.add("mail-rcpt-allowfails") }
    for (name, value) in mail.headers { try text.add("header", Array("\(name): \(value)".utf8)) }
    let encoded = lines(of: Base64.encode(Array(mail.text.utf8)))
    try text.add(
      "form",
      Array(
        "=\"\(encoded)\";type=text/plain; charset=utf-8;headers=\"Content-Transfer-Encoding: base64\"".utf8))
    try text.add("write-out", "%{response_code}")
  }

  private static func lines(of base64: String) -> String {
    let bytes = Array(base64.utf8)
    return stride(from: 0, to: bytes.count, by: 76).map { start in
      String(decoding: bytes[start..<min(start + 76, bytes.count)], as: UTF8.self)
    }.joined(separator: "\r\n")
  }

  /// Lines of `name = "value"`.
  private struct Text {
    var bytes: [UInt8] = []

    mutating func add(_ name: String) { bytes += Array("\(name)\n".utf8) }

    mutating func add(_ name: String, seconds: Duration) {
      bytes += Array("\(name) = \(max(1, seconds.milliseconds / 1000))\n".utf8)
    }

    /// One line: nothing in it can begin another header, or another line of this text.
    mutating func add(_ name: String, _ value: String) throws(Refusal) {
      guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
        throw Refusal(reason: "a control character stands where none may be (\(name))")
      }
      try add(name, Array(value.utf8))
    }

    mutating func add(_ name: String, _ value: [UInt8]) throws(Refusal) {
      let start = bytes.count
      bytes += Array("\(name) = \"".utf8)
      for byte in value {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
        case 0x0a: bytes += Array("\\n".utf8)
        case 0x0d: bytes += Array("\\r".utf8)
        case 0x09: bytes += Array("\\t".utf8)
        case 0..<0x20, 0x7f:
          throw Refusal(reason: "a control character stands where none may be (\(name))")
        default: bytes.append(byte)
        }
      }
      bytes += Array("\"\n".utf8)
      guard bytes.count - start < lineLimit else { throw Refusal(reason: "it is too long to be sent") }
    }
  }
}
