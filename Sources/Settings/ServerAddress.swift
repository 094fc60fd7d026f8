/// The beginning that addresses of all kinds have in common: `scheme://login@host:port`.
struct ServerAddress {
  let scheme: String
  let login: Substring?
  let host: String
  let port: UInt16
  /// From the first slash, question mark or hash on.
  let rest: Substring

  /// `schemes` with their usual ports.
  static func parse(_ text: String, schemes: [String: UInt16]) throws(Refusal) -> ServerAddress {
    guard text.utf8.allSatisfy({ 0x21..<0x7f ~= $0 }) else {
      throw Refusal("which holds a character that must be percent-encoded")
    }
    guard let mark = text.firstRange(of: "://") else { throw Refusal() }
    let scheme = text[..<mark.lowerBound].lowercased()
    guard let usual = schemes[scheme] else { throw Refusal("whose protocol is none of these") }
    let all = text[mark.upperBound...]
    let end = all.firstIndex { "/?#".contains($0) } ?? all.endIndex
    let (login, server) = Repository.split(authority: all[..<end])
    guard Repository.isServer(server) else { throw Refusal("which names no proper host") }
    let (host, port) = split(server)
    return ServerAddress(
      scheme: scheme, login: login, host: String(host), port: port.flatMap { UInt16($0) } ?? usual,
      rest: all[end...])
  }

  /// Of what `isServer` has taken.
  private static func split(_ server: Substring) -> (host: Substring, port: Substring?) {
    if server.hasPrefix("["), let end = server.lastIndex(of: "]") {
      let port = server[server.index(after: end)...]
      return (server[..<end].dropFirst(), port.isEmpty ? nil : port.dropFirst())
    }
    guard let colon = server.lastIndex(of: ":") else { return (server, nil) }
    return (server[..<colon], server[colon...].dropFirst())
  }
}
