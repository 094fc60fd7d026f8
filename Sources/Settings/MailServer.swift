/// Where mail is handed in.
package struct MailServer: Sendable, Equatable {
  /// smtps: TLS from the first byte on. smtp: STARTTLS where the server offers it.
  package let isSecure: Bool
  package let host: String
  package let port: UInt16
  package let login: Credentials?

  static let allowed = "smtp://user:password@host:port or smtps://…, the user percent-encoded"

  static func parse(_ text: String) throws(Refusal) -> MailServer {
    let parts = try ServerAddress.parse(text, schemes: ["smtp": 587, "smtps": 465])
    guard parts.rest.isEmpty || parts.rest == "/" else { throw Refusal("which goes on after the host") }
    return MailServer(
      isSecure: parts.scheme == "smtps", host: parts.host, port: parts.port,
      login: try parts.login.map(Repository.credentials))
  }
}

/// An address of mail, as far as it must be right to stand in a command of SMTP.
enum MailAddress {
  static let allowed = "an address such as deployments@example.org"

  static func parse(_ text: some StringProtocol) throws(Refusal) -> String {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard text.utf8.count <= 254, parts.count == 2, !parts.contains(where: \.isEmpty),
      text.utf8.allSatisfy({ 0x21..<0x7f ~= $0 && !"<>(),;:\\\"[]".utf8.contains($0) })
    else { throw Refusal("of which \(SettingsReader.quoted(String(text))) is no address") }
    return String(text)
  }
}
