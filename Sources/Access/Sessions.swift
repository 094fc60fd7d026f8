import Crypto
import Linux

/// Who has given the admin's password. Kept in memory, since only so one of them can be ended before its time; a
/// signed cookie would stay good until it expires, wherever it has got to. A restart logs everybody out.
@MainLoop
package final class Sessions {
  private struct Session {
    /// The login that it goes back to; ids that follow one another share it.
    let login: Int
    let begin: ContinuousClock.Instant
    let idMade: ContinuousClock.Instant
    var lastUse: ContinuousClock.Instant
    /// Set once another id has taken over.
    var end: ContinuousClock.Instant?
  }

  package nonisolated static let longestIdle = Duration.seconds(12 * 3600)
  package nonisolated static let longest = Duration.seconds(7 * 86_400)
  package static let limit = 100
  private static let idLifetime = Duration.seconds(3600)
  /// For requests that were on their way when the id changed.
  private static let grace = Duration.seconds(60)

  private let now: @MainLoop () -> ContinuousClock.Instant
  /// By the SHA-256 of the id, so that nothing here lets anybody in who gets to read it.
  private var sessions: [[UInt8]: Session] = [:]
  private var logins = 0

  package init(now: @escaping @MainLoop () -> ContinuousClock.Instant = { .now }) { self.now = now }

  package var count: Int { sessions.count }

  /// A new session, and its id.
  package func begin() -> String {
    logins += 1
    let now = now()
    return add(Session(login: logins, begin: now, idMade: now, lastUse: now))
  }

  /// Whether the id is of a session, which counts as its use.
  package func use(_ id: String) -> Bool {
    let key = Self.key(id)
    guard var session = sessions[key] else { return false }
    let now = now()
    guard isAlive(session, now) else {
      sessions[key] = nil
      return false
    }
    session.lastUse = now
    sessions[key] = session
    return true
  }

  /// Another id in its place once this one is an hour old. The old one ends a minute later.
  package func renew(_ id: String) -> String? {
    let key = Self.key(id)
    let now = now()
    guard var session = sessions[key], isAlive(session, now), session.end == nil,
      session.idMade.duration(to: now) >= Self.idLifetime
    else { return nil }
    let successor = Session(login: session.login, begin: session.begin, idMade: now, lastUse: now)
    session.end = now + Self.grace
    sessions[key] = session
    return add(successor)
  }

  /// Ends the login that the id goes back to, with every id it has had.
  package func end(_ id: String) {
    guard let login = sessions[Self.key(id)]?.login else { return }
    sessions = sessions.filter { $0.value.login != login }
  }

  private func add(_ session: Session) -> String {
    makeRoom()
    let id = Base64URL.encode(RandomBytes.make(32))
    sessions[Self.key(id)] = session
    return id
  }

  private func makeRoom() {
    guard sessions.count >= Self.limit else { return }
    let now = now()
    sessions = sessions.filter { isAlive($0.value, now) }
    guard sessions.count >= Self.limit else { return }
    if let oldest = sessions.min(by: { $0.value.lastUse < $1.value.lastUse })?.key { sessions[oldest] = nil }
  }

  private func isAlive(_ session: Session, _ now: ContinuousClock.Instant) -> Bool {
    session.lastUse.duration(to: now) < Self.longestIdle && session.begin.duration(to: now) < Self.longest
      && session.end.map { now < $0 } ?? true
  }

  private static func key(_ id: String) -> [UInt8] { SHA256.digest(Array(id.utf8)) }
}
