import Access
import HTTP
import Linux
import Server

/// `GET /metrics`, for Prometheus.
@MainLoop
struct MetricsRoute {
  private let manager: any ManagerPort
  private let token: String?
  private let authenticator: Authenticator

  init(manager: any ManagerPort, token: String?, authenticator: Authenticator) {
    self.manager = manager
    self.token = token
    self.authenticator = authenticator
  }

  func takes(_ head: RequestHead) -> Bool {
    head.path == "/metrics" && (head.method == "GET" || head.method == "HEAD")
  }

  func admit(_ head: RequestHead, _ peer: Peer) -> Admission {
    switch decide(head, peer) {
    case .success: .body(limit: 0)
    case .failure(let refusal): .answer(refusal.response)
    }
  }

  /// METRICS_TOKEN if it is set; else anybody on this machine, and an admin from anywhere.
  private func decide(_ head: RequestHead, _ peer: Peer) -> Result<Void, Refusal> {
    if let token { return decide(head, peer, token) }
    if peer.isLoopback { return .success(()) }
    guard BearerToken(in: head.headers) != .absent || authenticator.session(in: head) != nil else {
      return .failure(
        .unknown(
          "METRICS_TOKEN is not set, so the figures are given to this machine, and elsewhere for "
            + "Authorization: Bearer with an admin's token."))
    }
    return authenticator.identify(head, peer).flatMap { caller in
      caller.isAdmin
        ? .success(())
        : .failure(
          Refusal(.error(403, "METRICS_TOKEN is not set, so the figures are given to admins alone.")))
    }
  }

  private func decide(_ head: RequestHead, _ peer: Peer, _ token: String) -> Result<Void, Refusal> {
    let attempts = authenticator.attempts
    if BearerToken.matches(token, in: head.headers) { return .success(()) }
    if let refusal = attempts.refusal(to: peer) { return .failure(refusal) }
    if BearerToken(in: head.headers) != .absent { attempts.countFailure(of: peer.address) }
    return .failure(.unknown("The figures are given for Authorization: Bearer with METRICS_TOKEN."))
  }

  func handle(_ responder: Responder) {
    responder.answer {
      let text = await manager.metrics()
      return Response(
        200, headers: [("Content-Type", "text/plain; version=0.0.4; charset=utf-8")], body: Array(text.utf8))
    }
  }
}
