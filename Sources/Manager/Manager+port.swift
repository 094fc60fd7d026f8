import Control
import Glibc
import History
import JSON
import Linux
import Pipeline
import Releases
import Settings

extension Manager: ManagerPort {
  package var isLive: Bool { project.handoff.live != nil }

  package var projects: [ProjectRecord] {
    [ProjectRecord(slug: project.slug, repository: settings.repository.address, branch: settings.branch)]
  }

  package func state(of slug: String) -> String? { slug == project.slug ? project.state : nil }

  package func add(_ project: ProjectRecord, actor: String) async throws(ControlFailure) -> ProjectRecord {
    throw ControlFailure(.unavailable, "not yet")
  }

  package func remove(_ slug: String, actor: String) async throws(ControlFailure) {
    throw ControlFailure(.unavailable, "not yet")
  }

  package func replay(_ guid: String, actor: String) async throws(ControlFailure) -> JSONValue {
    throw ControlFailure(.unavailable, "not yet")
  }

  package func testNotifications(actor: String) async throws(ControlFailure) -> JSONValue {
    throw ControlFailure(.unavailable, "not yet")
  }

  package var active: [Deployment] { project.queue.open }

  private func find(_ slug: String) throws(ControlFailure) -> Project {
    if slug == project.slug { return project }
    throw ControlFailure(.missing, "there is no project \(slug)")
  }

  package func order(
    _ order: DeployOrder, for slug: String, answer: @escaping @MainLoop (OrderAnswer) -> Void
  ) {
    project.order(order, answer: answer)
  }

  package func status(of slug: String) async throws(ControlFailure) -> JSONValue {
    await (try find(slug)).status()
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
    return [
      "status": "success", "release": .int(Int64(release.number)),
      "commit": JSONValue(release.revision.commit),
    ]
  }

  package func cancel(_ id: Int64, actor: String) throws(ControlFailure) {
    if let reason = project.cancel(id, by: actor) { throw ControlFailure(.conflict, reason) }
  }

  package func lock(_ slug: String, reason: String, owner: String) async throws(ControlFailure) {
    let project = try find(slug)
    guard !reason.isEmpty else { throw ControlFailure(.bad, "a lock needs a reason: bascule lock -m WHY") }
    if let lock = project.hold(.lock), lock.owner != owner { throw ControlFailure(.locked, lock.sentence) }
    let hold = Hold(kind: .lock, reason: reason, owner: owner)
    try mapped { () throws(HistoryError) in try history.set(hold, project: project.slug) }
    try await written()
  }

  package func unlock(_ slug: String, actor: String) async throws(ControlFailure) -> [Deployment] {
    try await lift(.lock, slug)
  }

  package func resume(_ slug: String, actor: String) async throws(ControlFailure) -> [Deployment] {
    try await lift(.pause, slug)
  }

  package func maintain(_ slug: String, _ text: String?, owner: String) async throws(ControlFailure) {
    let project = try find(slug)
    guard let text else { return try await project.maintain(nil) }
    guard text.utf8.count <= 4096 else {
      throw ControlFailure(.bad, "the text has \(text.utf8.count) bytes; it may have 4096")
    }
    try await project.maintain(
      Hold(
        kind: .maintenance, reason: text.isEmpty ? Project.maintenanceText : text, owner: owner))
  }

  /// Returns what the hold kept from being deployed.
  private func lift(_ kind: Hold.Kind, _ slug: String) async throws(ControlFailure) -> [Deployment] {
    let project = try find(slug)
    guard let hold = project.hold(kind) else { return [] }
    let skipped = try mapped { () throws(HistoryError) in
      try history.lift(kind, project: slug)
      return try history.skipped(project: slug, since: hold.at)
    }
    try await written()
    return skipped
  }

  private func mapped<Value>(_ body: () throws(HistoryError) -> Value) throws(ControlFailure) -> Value {
    do throws(HistoryError) {
      return try body()
    } catch {
      throw ControlFailure(.failed, "\(error)")
    }
  }

  /// What has been said is true only once it is in the file.
  private func written() async throws(ControlFailure) {
    let failure = await withCheckedContinuation { continuation in
      history.whenWritten { continuation.resume(returning: $0) }
    }
    if let failure { throw ControlFailure(.failed, "\(failure)") }
  }
}
