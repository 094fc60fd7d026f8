import Control
import Glibc
import History
import JSON
import Linux
import Pipeline
import Releases
import Settings

extension Manager: ManagerPort {
  package var isLive: Bool { main.handoff.live != nil }

  package var projects: [ProjectRecord] { all.map(\.record) }

  package func project(_ slug: String) -> ProjectRecord? { all.first { $0.slug == slug }?.record }

  package func state(of slug: String) -> String? { all.first { $0.slug == slug }?.state }

  package func testNotifications(actor: String) async throws(ControlFailure) -> JSONValue {
    note(actor, "notify test", nil, nil)
    return await news.test()
  }

  package func order(
    _ order: DeployOrder, for slug: String, answer: @escaping @MainLoop (OrderAnswer) -> Void
  ) {
    guard let project = all.first(where: { $0.slug == slug }) else {
      return answer(.unavailable("there is no project \(slug)"))
    }
    project.order(order) { [self] result in
      if !order.isAutomatic, case .queued(let id) = result {
        note(order.actor, "deploy", slug, "deployment #\(id)")
      }
      answer(result)
    }
  }

  package func status(of slug: String) async throws(ControlFailure) -> JSONValue {
    let project = try find(slug)
    return await project.status(waiting: waiting)
  }

  package func releases(of slug: String) async throws(ControlFailure) -> [JSONValue] {
    let project = try find(slug)
    let live = project.handoff.live?.release.number
    let warm = project.handoff.warmReleases
    return await project.desk.releases().map { release in
      [
        "number": .int(Int64(release.number)), "commit": JSONValue(release.revision.commit),
        "message": JSONValue(release.revision.message), "author": JSONValue(release.revision.author),
        "createdAt": .string(release.createdAt.iso8601()), "sizeBytes": JSONValue(release.sizeBytes),
        "state": .string(release.state.rawValue), "live": .bool(release.number == live),
        "warm": .bool(release.number == live || warm.contains(release.number)),
      ]
    }
  }

  package func rollback(_ slug: String, to name: String?, actor: String) async throws(ControlFailure)
    -> JSONValue
  {
    let release = try await find(slug).rollback(to: name, actor: actor)
    note(actor, "rollback", slug, "release \(release.number)")
    try await written()
    return [
      "status": "success", "release": .int(Int64(release.number)),
      "commit": JSONValue(release.revision.commit),
    ]
  }

  package func cancel(_ id: Int64, actor: String) async throws(ControlFailure) {
    let project = all.first { $0.switched?.id == id || $0.queue.open.contains { $0.id == id } }
    guard let project else {
      throw ControlFailure(.conflict, "deployment #\(id) neither waits nor runs")
    }
    if let reason = project.cancel(id, by: actor) { throw ControlFailure(.conflict, reason) }
    note(actor, "cancel", project.slug, "deployment #\(id)")
    try await written()
  }

  package func lock(_ slug: String, reason: String, owner: String) async throws(ControlFailure) {
    let project = try find(slug)
    guard !reason.isEmpty else { throw ControlFailure(.bad, "a lock needs a reason: bascule lock -m WHY") }
    if let lock = project.hold(.lock), lock.owner != owner { throw ControlFailure(.locked, lock.sentence) }
    let hold = Hold(kind: .lock, reason: reason, owner: owner)
    try mapped { () throws(HistoryError) in try history.set(hold, project: project.slug) }
    note(owner, "lock", slug, reason)
    try await written()
  }

  package func unlock(_ slug: String, actor: String) async throws(ControlFailure) -> [Deployment] {
    try await lift(.lock, slug, actor)
  }

  package func resume(_ slug: String, actor: String) async throws(ControlFailure) -> [Deployment] {
    try await lift(.pause, slug, actor)
  }

  package func maintain(_ slug: String, _ text: String?, owner: String) async throws(ControlFailure) {
    let project = try find(slug)
    guard let text else {
      try await project.maintain(nil)
      return note(owner, "maintenance off", slug, nil)
    }
    guard text.utf8.count <= 4096 else {
      throw ControlFailure(.bad, "the text has \(text.utf8.count) bytes; it may have 4096")
    }
    try await project.maintain(
      Hold(
        kind: .maintenance, reason: text.isEmpty ? Project.maintenanceText : text, owner: owner))
    note(owner, "maintenance on", slug, text)
  }

  /// Returns what the hold kept from being deployed.
  private func lift(_ kind: Hold.Kind, _ slug: String, _ actor: String) async throws(ControlFailure)
    -> [Deployment]
  {
    let project = try find(slug)
    guard let hold = project.hold(kind) else { return [] }
    let skipped = try mapped { () throws(HistoryError) in
      try history.lift(kind, project: slug)
      return try history.skipped(project: slug, since: hold.at)
    }
    note(actor, kind == .lock ? "unlock" : "resume", slug, hold.reason)
    try await written()
    return skipped
  }

  func mapped<Value>(_ body: () throws(HistoryError) -> Value) throws(ControlFailure) -> Value {
    do throws(HistoryError) {
      return try body()
    } catch {
      throw ControlFailure(.failed, "\(error)")
    }
  }

  /// What has been said is true only once it is in the file.
  func written() async throws(ControlFailure) {
    let failure = await withCheckedContinuation { continuation in
      history.whenWritten { continuation.resume(returning: $0) }
    }
    if let failure { throw ControlFailure(.failed, "\(failure)") }
  }
}
