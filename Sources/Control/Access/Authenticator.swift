import Access
import HTTP
import Linux
import Server

/// Finds out who asks on the control port: by `Authorization: Bearer` with a token, by the session's cookie, or for
/// what may be read so by a signature with WEBHOOK_SECRET.
@MainLoop
package struct Authenticator {
  let attempts: AttemptLimiter
  let sessions: Sessions
  let password: PasswordCheck
  private let key: [UInt8]
  private let webhookKey: [UInt8]
  private let time: @Sendable () -> Timestamp

  package init(
    jwtSecret: String, adminPassword: String, webhookSecret: String? = nil,
    attempts: AttemptLimiter = AttemptLimiter(),
    sessions: Sessions = Sessions(), time: @escaping @Sendable () -> Timestamp = { .now }
  ) {
    self.attempts = attempts
    self.sessions = sessions
    self.time = time
    password = PasswordCheck(adminPassword)
    key = Array(jwtSecret.utf8)
    webhookKey = Array((webhookSecret ?? "").utf8)
  }

  /// `changes`: whether the request does something, which is for its method to say unless the route knows better: a
  /// GET that begins a deployment, or one that becomes a WebSocket. With a cookie such a request must come from a
  /// page of ours. A token is sent by nobody who does not mean to.
  /// `takesSignature`: whether it may be signed as a trigger is, instead.
  package func identify(
    _ head: RequestHead, _ peer: Peer, changes: Bool? = nil, takesSignature: Bool = false
  ) -> Result<Caller, Refusal> {
    switch BearerToken(in: head.headers) {
    case .claimed(let token): return identify(token, peer)
    case .ambiguous:
      return .failure(.unknown("The request has several Authorization headers; it may have one."))
    case .absent: break
    }
    if takesSignature, !webhookKey.isEmpty {
      switch RequestSignature(of: head, key: webhookKey) {
      case .right: return .success(.webhook)
      case .wrong:
        return refuse(
          "X-Webhook-Signature is not sha256= and the HMAC of \"GET /path\" with WEBHOOK_SECRET.",
          isForged: true, peer)
      case .absent: break
      }
    }
    // Not held back with the address's failed attempts: nobody guesses an id of 256 bits.
    guard session(in: head) != nil else {
      return .failure(.unknown("This is for those who log in, or send Authorization: Bearer with a token."))
    }
    if changes ?? Self.isUnsafe(head.method), RequestOrigin(head) != .own {
      return .failure(Self.forged)
    }
    return .success(.admin)
  }

  /// A token that `identify` takes.
  package func issue(sub: String, isAdmin: Bool, ttl: Duration) throws(JWTProblem) -> String {
    try JWT.issue(sub: sub, isAdmin: isAdmin, ttl: ttl, key: key, now: time())
  }

  /// The id of the session that the request is of.
  func session(in head: RequestHead) -> String? {
    SessionCookie.values(in: head.headers).first { sessions.use($0) }
  }

  private func identify(_ token: String, _ peer: Peer) -> Result<Caller, Refusal> {
    switch JWT.verify(token, key: key, now: time()) {
    case .success(let claims): return .success(Caller(name: claims.subject, isAdmin: claims.isAdmin))
    case .failure(let problem): return refuse(problem.description, isForged: problem.isForged, peer)
    }
  }

  private func refuse(_ message: String, isForged: Bool, _ peer: Peer) -> Result<Caller, Refusal> {
    // Only now: whoever forges must not lock out everybody behind the same address.
    if let refusal = attempts.refusal(to: peer) { return .failure(refusal) }
    if isForged { attempts.countFailure(of: peer.address) }
    return .failure(.unknown(message))
  }

  static let forged = Refusal(
    .error(
      403, code: "forged_origin",
      "A request with a session's cookie must come from a page of this server: Origin must name the Host."))

  private static func isUnsafe(_ method: String) -> Bool { !["GET", "HEAD", "OPTIONS"].contains(method) }
}

extension Caller {
  /// Whoever has given the admin's password.
  static let admin = Caller(name: "admin", isAdmin: true)
  /// Whoever knows WEBHOOK_SECRET, which is one for all projects. Let in to read, and only where a route says so.
  static let webhook = Caller(name: "webhook", isAdmin: true)
}
