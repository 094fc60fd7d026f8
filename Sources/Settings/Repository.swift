/// Where the app comes from, as git is told: an address that never holds a password.
package struct Repository: Sendable, Equatable {
  package enum Transport: Sendable { case ssh, http, local }

  package static let sampleApp = Repository(address: "/usr/share/bascule/sample-app.git", transport: .local)

  package let address: String
  package let transport: Transport

  package init(address: String, transport: Transport) {
    self.address = address
    self.transport = transport
  }

  /// Whether what one server is told may be told to the other: by the same scheme too, since a token for https must
  /// not go out in the clear.
  func isOnSameServer(as other: Repository) -> Bool {
    guard let server, let other = other.server else { return false }
    return server == other
  }

  private var server: [String]? {
    guard transport == .http, let mark = address.firstRange(of: "://") else { return nil }
    let authority = address[mark.upperBound...].prefix { $0 != "/" }
    let parts = try? ServerAddress.parse(
      String(address[..<mark.upperBound] + authority), schemes: ["http": 80, "https": 443])
    return parts.map { [$0.scheme, $0.host.lowercased(), String($0.port)] }
  }
}

/// What git's credential helper answers for the repository's host.
package struct Credentials: Sendable, Equatable {
  package let user: String
  package let password: String

  package init(user: String, password: String) {
    self.user = user
    self.password = password
  }

  /// What of it must not be seen. A user name alone may be a token as well; a short one is a name, and masking `git`
  /// would hide too much.
  var secrets: [String] {
    // Together, since that is what an Authorization header holds, in base64.
    var secrets = password.isEmpty ? [] : [password, "\(user):\(password)"]
    if password.isEmpty || user.utf8.count >= 16 { secrets.append(user) }
    return secrets.filter(Settings.canBeMasked)
  }
}
