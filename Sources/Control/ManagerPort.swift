import Access
import History
import JSON
import Linux

/// What the routes need of the manager. Projects are named by their slugs; one that does not exist is a
/// `ControlFailure` of kind `missing`. Whether the caller may ask is decided before.
@MainLoop
package protocol ManagerPort: AnyObject {
  /// Whether a release of `main` is live.
  var isLive: Bool { get }

  // MARK: Projects

  /// In the order of their making, `main` first.
  var projects: [ProjectRecord] { get }
  /// One of them; nil for one that does not exist. All requests ask for it: none makes a list of a hundred for that.
  func project(_ slug: String) -> ProjectRecord?
  /// pending, building, running or error; nil for a project that does not exist.
  func state(of slug: String) -> String?
  /// Checks the record, which comes from outside, makes the project and begins its first deployment.
  func add(_ project: ProjectRecord, actor: String) async throws(ControlFailure) -> ProjectRecord
  /// Stops, drains and deletes it, in this order. `main` cannot be removed.
  func remove(_ slug: String, actor: String) async throws(ControlFailure)

  func status(of slug: String) async throws(ControlFailure) -> JSONValue
  func releases(of slug: String) async throws(ControlFailure) -> [JSONValue]

  // MARK: Deployments

  func order(
    _ order: DeployOrder, for slug: String, answer: @escaping @MainLoop (OrderAnswer) -> Void)
  func cancel(_ id: Int64, actor: String) async throws(ControlFailure)
  func rollback(_ slug: String, to name: String?, actor: String) async throws(ControlFailure) -> JSONValue
  func lock(_ slug: String, reason: String, owner: String) async throws(ControlFailure)
  /// Returns what was skipped meanwhile; so does `resume`.
  func unlock(_ slug: String, actor: String) async throws(ControlFailure) -> [Deployment]
  func resume(_ slug: String, actor: String) async throws(ControlFailure) -> [Deployment]
  /// What visitors are told instead of the app's answers; nil ends it.
  func maintain(_ slug: String, _ text: String?, owner: String) async throws(ControlFailure)

  // MARK: The record

  /// Deployments, deliveries and actions are read from it.
  var history: History { get }
  /// Where the streams of deployments are recorded.
  var logs: DeploymentLogs { get }
  /// What runs and waits, of every project, in the order in which it will run.
  var active: [Deployment] { get }
  /// Puts a judged delivery on record; where that fails its deployment goes on.
  func record(_ delivery: Delivery)
  /// One whose signature was wrong: of these only so many a minute.
  func recordRefusedDelivery(_ webhook: WebhookRequest, from address: String, reason: String)
  /// A delivery that is on record, judged and acted upon once more.
  func replay(_ guid: String, actor: String) async throws(ControlFailure) -> JSONValue
  /// Sends a message on every channel that is set up, and returns what became of each.
  func testNotifications(actor: String) async throws(ControlFailure) -> JSONValue
  /// In the text format of Prometheus.
  func metrics() async -> String
}

/// Why a request was not carried out, with the status it is answered with.
package struct ControlFailure: Error, Sendable, Equatable {
  package enum Kind: Int, Sendable {
    case bad = 400
    case forbidden = 403
    case missing = 404
    case conflict = 409
    case unsupported = 415
    case unprocessable = 422
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
