extension Repository {
  static let allowed =
    "git@host:owner/name.git, ssh://, https:// or http://, an absolute path or file:///path"

  static func parse(_ text: String) throws(Refusal) -> (Repository, Credentials?) {
    guard !text.hasPrefix("-") else { throw Refusal("which git would take for an option") }
    guard !SettingsReader.hasControlCharacters(text) else { throw Refusal("which has control characters") }
    if text.hasPrefix("/") { return (Repository(address: text, transport: .local), nil) }
    guard !text.contains(" ") else { throw Refusal("which has a space") }
    let colon = text.firstIndex(of: ":") ?? text.endIndex
    let prefix = text[..<colon]
    let rest = text[colon...]
    if rest.hasPrefix("::"), !prefix.contains("[") {
      throw Refusal("which would make git run a program named in it")
    }
    if rest.hasPrefix("://") { return try parse(scheme: prefix.lowercased(), rest.dropFirst(3)) }
    guard !rest.isEmpty, !prefix.contains("/") else { throw Refusal("which is no absolute path") }
    return (try scpLike(text, colon: colon), nil)
  }

  /// The same text without what may be a password in it, also where it is no proper address.
  static func withoutCredentials(_ text: String) -> String {
    let start = text.firstRange(of: "://")?.upperBound ?? text.startIndex
    guard let at = text[start...].lastIndex(of: "@") else { return text }
    let mayHoldOne = start > text.startIndex || text[..<at].contains(":")
    return mayHoldOne ? text[..<start] + "***" + text[at...] : text
  }

  private static func parse(scheme: String, _ rest: Substring) throws(Refusal) -> (Repository, Credentials?) {
    switch scheme {
    case "file":
      guard rest.hasPrefix("/") else { throw Refusal("which names a host; a file is local") }
      return (Repository(address: "file://" + rest, transport: .local), nil)
    case "ssh", "http", "https":
      break
    case "git":
      throw Refusal("whose protocol proves nobody's identity: anyone on the way could change the code")
    default:
      throw Refusal("whose protocol is none of these")
    }
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    let (login, server) = split(authority: rest[..<slash])
    let path = rest[slash...]
    guard isServer(server) else { throw Refusal("which names no proper host") }
    guard path.count > 1 else { throw Refusal("which names no repository") }
    // A slash in a password that is not percent-encoded ends the host too early.
    guard scheme == "ssh" || !path.contains("@") else {
      throw Refusal("which has an @ after the host: percent-encode what is special in a password")
    }
    if scheme == "ssh" {
      guard let login else { return (Repository(address: "ssh://" + rest, transport: .ssh), nil) }
      guard isName(login) else {
        throw Refusal("whose user name is not one: ssh takes no password, use GIT_SSH_KEY")
      }
      return (Repository(address: "ssh://" + rest, transport: .ssh), nil)
    }
    guard !path.contains(where: { $0 == "?" || $0 == "#" }) else {
      throw Refusal("which has a query or a fragment")
    }
    let repository = Repository(address: "\(scheme)://\(server)\(path)", transport: .http)
    return (repository, try login.map(credentials))
  }

  private static func scpLike(_ text: String, colon: String.Index) throws(Refusal) -> Repository {
    var colon = colon
    if text[..<colon].contains("["), let end = text.firstRange(of: "]:") {
      colon = text.index(before: end.upperBound)
    }
    let (login, host) = split(authority: text[..<colon])
    guard isHost(host), login.map(isName) ?? true else { throw Refusal("which names no proper host") }
    let path = text[colon...].dropFirst()
    guard !path.isEmpty, !path.hasPrefix("-") else { throw Refusal("which names no repository") }
    return Repository(address: text, transport: .ssh)
  }

  static func split(authority: Substring) -> (login: Substring?, server: Substring) {
    guard let at = authority.lastIndex(of: "@") else { return (nil, authority) }
    return (authority[..<at], authority[at...].dropFirst())
  }

  static func isServer(_ server: Substring) -> Bool {
    guard let colon = server.lastIndex(of: ":"), !server[colon...].contains("]") else {
      return isHost(server)
    }
    let port = server[colon...].dropFirst()
    return isHost(server[..<colon]) && port.allSatisfy(\.isASCII) && (UInt16(port) ?? 0) > 0
  }

  private static func isHost(_ host: Substring) -> Bool {
    if host.hasPrefix("["), host.hasSuffix("]") {
      return host.count > 2
        && host.dropFirst().dropLast().allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." }
    }
    return isName(host)
  }

  private static func isName(_ name: Substring) -> Bool {
    !name.isEmpty && !name.hasPrefix("-")
      && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-+~".contains($0)) }
  }

  static func credentials(_ login: Substring) throws(Refusal) -> Credentials {
    let parts = login.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let user = PercentCoding.decode(parts.first ?? ""),
      let password = PercentCoding.decode(parts.count == 2 ? parts[1] : "")
    else { throw Refusal("whose user name or password is not percent-encoded as it must be") }
    return Credentials(user: user, password: password)
  }
}
