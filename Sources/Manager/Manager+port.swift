import Control
import Glibc
import History
import JSON
import Linux
import Pipeline
import Releases
import Settings

extension Manager: ManagerPort {
  package var repository: String? {
    settings.repository.transport == .local ? nil : settings.repository.address
  }

  package var branch: String { settings.branch }
  package var isLive: Bool { project.handoff.live != nil }

  package func order(_ order: DeployOrder, answer: @escaping @MainLoop (OrderAnswer) -> Void) {
    project.order(order, answer: answer)
  }

  package func status() async -> JSONValue { await project.status() }

  package func releases() async -> JSONValue {
    let live = project.handoff.live?.release.number
    let warm = project.handoff.warmReleases
    let items: [JSONValue] = await project.desk.releases().map { release in
      [
        "number": .int(Int64(release.number)), "commit": JSONValue(release.revision.commit),
        "message": JSONValue(release.revision.message), "author": JSONValue(release.revision.author),
        "createdAt": .string(release.createdAt.iso8601()), "sizeBytes": JSONValue(release.sizeBytes),
        "state": .string(release.state.rawValue), "live": .bool(release.number == live),
        "warm": .bool(release.number == live || warm.contains(release.number)),
      ]
    }
    return ["items": .array(items), "next": nil]
  }

  package func rollback(to name: String?, actor: String) async throws(ControlFailure) -> JSONValue {
    let release = try await project.rollback(to: name, actor: actor)
    return [
      "status": "success", "release": .int(Int64(release.number)),
      "commit": JSONValue(release.revision.commit),
    ]
  }

  package func cancel(_ id: Int64, actor: String) throws(ControlFailure) {
    if let reason = project.cancel(id, by: actor) { throw ControlFailure(.conflict, reason) }
  }

  package func lock(reason: String, owner: String) async throws(ControlFailure) {
    guard !reason.isEmpty else { throw ControlFailure(.bad, "a lock needs a reason: bascule lock -m WHY") }
    if let lock = project.hold(.lock), lock.owner != owner { throw ControlFailure(.locked, lock.sentence) }
    let hold = Hold(kind: .lock, reason: reason, owner: owner)
    try mapped { () throws(HistoryError) in try project.history.set(hold, project: project.slug) }
    try await written()
  }

  package func unlock() async throws(ControlFailure) -> [Deployment] { try await lift(.lock) }

  package func resume() async throws(ControlFailure) -> [Deployment] { try await lift(.pause) }

  package func maintain(_ text: String?, owner: String) async throws(ControlFailure) {
    guard let text else { return try await project.maintain(nil) }
    guard text.utf8.count <= 4096 else {
      throw ControlFailure(.bad, "the text has \(text.utf8.count) bytes; it may have 4096")
    }
    try await project.maintain(
      Hold(
        kind: .maintenance, reason: text.isEmpty ? Project.maintenanceText : text, owner: owner))
  }

  /// Returns what the hold kept from being deployed.
  private func lift(_ kind: Hold.Kind) async throws(ControlFailure) -> [Deployment] {
    guard let hold = project.hold(kind) else { return [] }
    let skipped = try mapped { () throws(HistoryError) in
      try project.history.lift(kind, project: project.slug)
      return try project.history.skipped(project: project.slug, since: hold.at)
    }
    try await written()
    return skipped
  }

  package func deployment(_ id: Int64?) throws(ControlFailure) -> Deployment {
    let found = try mapped { () throws(HistoryError) in
      guard let id else {
        return try project.history.latest(project: project.slug, limit: 100).first { $0.hasLog }
      }
      return try project.history.deployment(id)
    }
    guard let found else {
      throw ControlFailure(
        .missing, id.map { "there is no deployment #\($0)" } ?? "there is no deployment yet")
    }
    return found
  }

  package func log(of id: Int64) -> (path: String, live: DeploymentLog?) {
    ("\(project.desk.layout.logs)/\(id).log", project.logs[id])
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
      project.history.whenWritten { continuation.resume(returning: $0) }
    }
    if let failure { throw ControlFailure(.failed, "\(failure)") }
  }
}
