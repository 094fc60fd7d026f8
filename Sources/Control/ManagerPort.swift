import History
import JSON
import Linux

/// What the routes need of the manager.
@MainLoop
package protocol ManagerPort: AnyObject {
  var repository: String? { get }
  var branch: String { get }
  var isLive: Bool { get }
  func order(_ order: DeployOrder, answer: @escaping @MainLoop (OrderAnswer) -> Void)
  func status() async -> JSONValue
  func releases() async -> JSONValue
  func rollback(to name: String?, actor: String) async throws(ControlFailure) -> JSONValue
  func cancel(_ id: Int64, actor: String) throws(ControlFailure)
  func lock(reason: String, owner: String) async throws(ControlFailure)
  /// Returns what was skipped meanwhile; so does `resume`.
  func unlock() async throws(ControlFailure) -> [Deployment]
  func resume() async throws(ControlFailure) -> [Deployment]
  /// What visitors are told instead of the app's answers; nil ends it.
  func maintain(_ text: String?, owner: String) async throws(ControlFailure)
  /// In the text format of Prometheus.
  func metrics() async -> String
  /// nil: the last one that has a log.
  func deployment(_ id: Int64?) throws(ControlFailure) -> Deployment
  /// The file of its recorded events, and the live log while it runs.
  func log(of id: Int64) -> (path: String, live: DeploymentLog?)
}

/// Why a command was not carried out, with the status it is answered with.
package struct ControlFailure: Error, Sendable {
  package enum Kind: Int, Sendable {
    case bad = 400
    case missing = 404
    case conflict = 409
    case locked = 423
    case failed = 500
    case unavailable = 503
  }

  package let kind: Kind
  package let message: String

  package init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }
}
