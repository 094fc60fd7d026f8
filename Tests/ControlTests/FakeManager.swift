import Access
import Control
import History
import JSON
import Linux
import TestSupport

/// A manager with a real record, whose deployments do what the test says.
@MainLoop
final class FakeManager: ManagerPort {
  let history: History
  let logs: DeploymentLogs
  let folder: TemporaryFolder
  var projects: [ProjectRecord] = []
  var active: [Deployment] = []
  var canceled: [Int64] = []
  var asked: [String] = []
  var answer: (@MainLoop (DeployOrder) -> OrderAnswer?) = { _ in nil }
  /// Ends deployments at once, as if they had nothing to do.
  var isQuick = false
  var onCancel: (@MainLoop (Int64) -> Void)?

  init() throws {
    folder = try TemporaryFolder()
    history = try History.open(folder.path("bascule.db")).0
    logs = DeploymentLogs(folder: folder.path)
    for (slug, owner) in [("main", nil), ("mine", "alice"), ("theirs", "bob")] as [(String, String?)] {
      var project = ProjectRecord(slug: slug, repository: "https://example.org/\(slug).git", branch: "main")
      project.owner = owner
      _ = try store(project)
    }
  }

  private func store(_ project: ProjectRecord) throws(HistoryError) -> ProjectRecord {
    try history.store(project)
    projects.append(project)
    return project
  }

  var isLive: Bool { true }

  func project(_ slug: String) -> ProjectRecord? { projects.first { $0.slug == slug } }

  func state(of slug: String) -> String? { projects.contains { $0.slug == slug } ? "running" : nil }

  func add(_ project: ProjectRecord, actor: String) async throws(ControlFailure) -> ProjectRecord {
    asked.append("add \(project.slug) by \(actor)")
    guard project.slug.utf8.allSatisfy({ (97...122).contains($0) }) else {
      throw ControlFailure(.unprocessable, "a slug is made of small letters")
    }
    if projects.contains(where: { $0.slug == project.slug }) {
      throw ControlFailure(.conflict, "there is a project \(project.slug) already")
    }
    do throws(HistoryError) {
      return try store(project)
    } catch {
      throw ControlFailure(.failed, "\(error)")
    }
  }

  func remove(_ slug: String, actor: String) async throws(ControlFailure) {
    asked.append("remove \(slug) by \(actor)")
    if slug == "main" { throw ControlFailure(.conflict, "main stays") }
    projects.removeAll { $0.slug == slug }
    try? history.remove(project: slug)
  }

  func status(of slug: String) async throws(ControlFailure) -> JSONValue {
    [
      "project": .string(slug), "state": "running", "live": nil, "current": nil, "queue": [], "last": nil,
      "lock": nil, "paused": nil, "maintenance": nil,
    ]
  }

  func releases(of slug: String) async throws(ControlFailure) -> [JSONValue] {
    [
      [
        "number": 1, "commit": nil, "message": nil, "author": nil, "createdAt": "2026-01-01T00:00:00.000Z",
        "sizeBytes": 1, "state": "good", "live": true, "warm": true,
      ]
    ]
  }

  func order(_ order: DeployOrder, for slug: String, answer: @escaping @MainLoop (OrderAnswer) -> Void) {
    asked.append("deploy \(slug) by \(order.actor) (\(order.trigger))")
    if let said = self.answer(order) { return answer(said) }
    do throws(HistoryError) {
      let id = try deployment(of: slug, order)
      history.whenWritten { [self] _ in
        answer(.queued(id))
        if isQuick { finish(id) }
      }
    } catch {
      answer(.unavailable("\(error)"))
    }
  }

  private func deployment(of slug: String, _ order: DeployOrder) throws(HistoryError) -> Int64 {
    let id = try history.insert(
      Deployment(
        project: slug, state: .queued, trigger: order.trigger, actor: order.actor, ref: order.ref ?? "main",
        commit: order.commit)
    ).id
    _ = logs.log(of: id)
    return id
  }

  /// Queues one and says its number.
  func deployment(of slug: String) throws -> Int64 {
    try deployment(of: slug, DeployOrder(trigger: "api", actor: "test", ref: nil))
  }

  func say(_ type: String, _ message: String, in id: Int64) {
    let event: JSONValue = [
      "type": .string(type), "message": .string(message), "at": "2026-01-01T00:00:00.000Z",
    ]
    logs.log(of: id).append(event.text, essential: type != "log")
  }

  func finish(_ id: Int64) {
    say("start", "Deployment #\(id)", in: id)
    say("end", "", in: id)
    logs.finish(id)
  }

  func cancel(_ id: Int64, actor: String) throws(ControlFailure) {
    asked.append("cancel \(id) by \(actor)")
    guard logs.live(id) != nil else { throw ControlFailure(.conflict, "it neither waits nor runs") }
    canceled.append(id)
    logs.finish(id)
    onCancel?(id)
  }

  func rollback(_ slug: String, to name: String?, actor: String) async throws(ControlFailure) -> JSONValue {
    asked.append("rollback \(slug) to \(name ?? "the one before")")
    return ["status": "success", "release": 1, "commit": nil]
  }

  func lock(_ slug: String, reason: String, owner: String) async throws(ControlFailure) {
    asked.append("lock \(slug): \(reason)")
  }

  func unlock(_ slug: String, actor: String) async throws(ControlFailure) -> [Deployment] { [] }
  func resume(_ slug: String, actor: String) async throws(ControlFailure) -> [Deployment] { [] }

  func maintain(_ slug: String, _ text: String?, owner: String) async throws(ControlFailure) {
    asked.append("maintain \(slug): \(text ?? "no more")")
  }

  func record(_ delivery: Delivery) {}

  func recordRefusedDelivery(_ webhook: WebhookRequest, from address: String, reason: String) {}

  func replay(_ guid: String, actor: String) async throws(ControlFailure) -> JSONValue {
    if guid == "known" { return ["status": "queued", "deployment": 1] }
    throw ControlFailure(.missing, "there is no delivery \(guid)")
  }

  func testNotifications(actor: String) async throws(ControlFailure) -> JSONValue { [:] }
  func metrics() async -> String { "" }
}

extension FakeManager {
  /// A project that a test has removed.
  func restore(_ slug: String) {
    var project = ProjectRecord(slug: slug, repository: "https://example.org/\(slug).git", branch: "main")
    project.owner = slug == "mine" ? "alice" : "bob"
    try? history.store(project)
    projects.append(project)
  }
}

extension MainLoopThread {
  /// On the main loop, from wherever.
  @MainLoop static func run(_ body: @MainLoop () -> Void) async { body() }
}
