import JSON
import Linux

/// What is known of a project. `main` is the one from the environment.
package struct ProjectRecord: Sendable, Equatable {
  package static let main = "main"

  package let slug: String
  package var repository: String
  package var branch: String
  /// The `sub` that it belongs to besides admins.
  package var owner: String?
  /// A public port of its own.
  package var port: UInt16?
  /// Names that the public port answers for it under.
  package var hosts: [String] = []
  package var healthPath: String?
  package var installCommand: String?
  package var buildCommand: String?
  package var releaseCommand: String?
  package var startCommand: String?
  package var createdAt: Timestamp

  package init(slug: String, repository: String, branch: String, createdAt: Timestamp = .now) {
    self.slug = slug
    self.repository = repository
    self.branch = branch
    self.createdAt = createdAt
  }

  /// `state` is the manager's to tell: pending, building, running or error.
  package func json(state: String) -> JSONValue {
    [
      "slug": .string(slug), "repository": .string(repository), "branch": .string(branch),
      "owner": JSONValue(owner), "port": JSONValue(port.map { Int($0) }),
      "hosts": .array(hosts.map { .string($0) }), "healthPath": JSONValue(healthPath),
      "installCommand": JSONValue(installCommand), "buildCommand": JSONValue(buildCommand),
      "releaseCommand": JSONValue(releaseCommand), "startCommand": JSONValue(startCommand),
      "state": .string(state),
    ]
  }
}
