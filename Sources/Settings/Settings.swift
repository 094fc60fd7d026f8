import Linux

/// What the environment asks for, checked.
package struct Settings: Sendable {
  package enum LogFormat: String, Sendable { case text, json }

  package struct Commands: Sendable, Equatable {
    package let install: ShellCommand
    package let build: ShellCommand
    package let release: ShellCommand?
    package let start: ShellCommand
  }

  package struct HealthCheck: Sendable, Equatable {
    /// nil: `/`, and any answer below 500 is healthy.
    package let path: String?
    package let interval: Duration
    package let timeout: Duration
  }

  /// How a new release takes over.
  package enum Handoff: Sendable, Equatable {
    /// Next to the old one, on a port of its own.
    case beside
    /// In its place, for an app that cannot run twice. nil: on a port of its own all the same.
    case inPlace(port: UInt16?)
  }

  package enum AccessLog: String, Sendable { case off, text, json }

  /// The public port.
  package struct Front: Sendable, Equatable {
    package let threads: Int
    package let holdTimeout: Duration
    package let holdLimit: Int
    /// As it was given: what it may hold is for Front to say.
    package let trustedProxies: String
    package let assetPaths: [String]
    package let accessLog: AccessLog
  }

  /// Where it stands in a deployment's time; a step without a limit of its own has what is left of `deploy`.
  package struct Timeouts: Sendable, Equatable {
    package let deploy: Duration
    package let install: Duration?
    package let build: Duration?
    package let release: Duration?
  }

  package internal(set) var repository: Repository
  package internal(set) var branch: String
  /// The text of a key file.
  package let sshKey: String?
  /// nil: any host is accepted at first sight. Else only these lines, and the pinned ones.
  package let knownHosts: [String]?
  package internal(set) var credentials: Credentials?

  package internal(set) var root: String
  package let port: UInt16
  package let controlPort: UInt16
  package let webhookPath: String
  package let webhookSecret: String?
  package let metricsToken: String?
  package let access: Access
  package let record: Record
  package let notifications: Notifications
  package let front: Front

  package internal(set) var commands: Commands
  package let keepReleases: Int
  /// As it was given: what it may hold is for Releases to say.
  package internal(set) var sharedPaths: String
  package let timeouts: Timeouts
  package internal(set) var healthCheck: HealthCheck
  package internal(set) var handoff: Handoff
  package let drainTimeout: Duration
  package let stopTimeout: Duration
  package let watchTime: Duration
  package let shutdownTimeout: Duration

  /// nil: children run as whoever runs this.
  package let appUser: AppUser?
  package let logFormat: LogFormat

  /// Texts that must not reach a log or a stream.
  package internal(set) var secrets: [String]
  /// The container's environment as children may see it.
  package internal(set) var childEnvironment: [String: String]

  /// A secret of a letter or two cannot be hidden: masking it would make every line unreadable.
  static func canBeMasked(_ secret: String) -> Bool { secret.utf8.count >= 4 }
}
