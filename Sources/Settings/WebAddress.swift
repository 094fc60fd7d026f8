/// An http or https address, in the parts that a client needs.
package struct WebAddress: Sendable, Equatable {
  /// As it was given.
  package let text: String
  /// https.
  package let isSecure: Bool
  /// Without the brackets of an IPv6 address.
  package let host: String
  package let port: UInt16
  /// Path and query, as a request line has them.
  package let target: String

  static let allowed = "an http:// or https:// address with a host"

  static func parse(_ text: String) throws(Refusal) -> WebAddress {
    let parts = try ServerAddress.parse(text, schemes: ["http": 80, "https": 443])
    guard parts.login == nil else { throw Refusal("which has a user name or a password in it") }
    let rest = parts.rest
    guard !rest.contains("#") else { throw Refusal("which has a fragment") }
    return WebAddress(
      text: text, isSecure: parts.scheme == "https", host: parts.host, port: parts.port,
      target: rest.hasPrefix("/") ? String(rest) : "/" + rest)
  }

  /// One that paths are appended to.
  static func parseBase(_ text: String) throws(Refusal) -> WebAddress {
    guard !text.contains("?") else { throw Refusal("which has a query") }
    var base = text[...]
    while base.hasSuffix("/") { base = base.dropLast() }
    return try parse(String(base))
  }
}
