/// The parts of a URL that may be looked at and told; the rest may be a secret.
package struct WebAddress: Sendable, Equatable {
  package let scheme: String
  package let host: String
  package let port: String?
  package let hasCredentials: Bool
  let path: String

  package init?(_ text: String) {
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }), let colon = text.firstRange(of: "://") else {
      return nil
    }
    scheme = text[..<colon.lowerBound].lowercased()
    let rest = text[colon.upperBound...]
    let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
    path = String(rest[end...])
    var server = rest[..<end]
    hasCredentials = server.contains("@")
    if let at = server.lastIndex(of: "@") { server = server[at...].dropFirst() }
    if let colon = server.lastIndex(of: ":"), !server[colon...].contains("]") {
      port = String(server[colon...].dropFirst())
      server = server[..<colon]
    } else {
      port = nil
    }
    host = server.lowercased()
    guard !host.isEmpty else { return nil }
  }

  var isLoopback: Bool { host == "localhost" || host.hasPrefix("127.") || host == "[::1]" }

  /// For a log: never more than this.
  var shown: String { port.map { "\(host):\($0)" } ?? host }
}
