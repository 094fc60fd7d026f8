import HTTP

/// The cookie that a browser keeps a session's id in.
package enum SessionCookie {
  package static let name = "bascule_session"

  /// Every value under the name, since a page on another port or path of this host can have set one more.
  package static func values(in headers: Headers) -> [String] {
    var found: [String] = []
    for pair in headers.values("Cookie").flatMap({ $0.split(separator: ";") }) {
      let pair = pair.drop { $0 == " " }
      if pair.hasPrefix(name + "=") { found.append(String(pair.dropFirst(name.utf8.count + 1))) }
    }
    return Array(found.prefix(8))
  }

  package static func header(_ id: String, isSecure: Bool) -> (name: String, value: String) {
    line("\(name)=\(id); Max-Age=\(Sessions.longest.components.seconds)", isSecure)
  }

  package static func removal(isSecure: Bool) -> (name: String, value: String) {
    line("\(name)=; Max-Age=0", isSecure)
  }

  private static func line(_ value: String, _ isSecure: Bool) -> (name: String, value: String) {
    ("Set-Cookie", "\(value); Path=/; HttpOnly; SameSite=Strict" + (isSecure ? "; Secure" : ""))
  }
}
