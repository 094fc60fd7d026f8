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
}

/// What git's credential helper answers for the repository's host.
package struct Credentials: Sendable, Equatable {
  package let user: String
  package let password: String

  package init(user: String, password: String) {
    self.user = user
    self.password = password
  }
}
