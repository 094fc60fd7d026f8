import Access
import HTTP
import Linux
import Server

/// `GET /metrics`, for Prometheus.
@MainLoop
struct MetricsRoute {
  private unowned let manager: any ManagerPort
  private let token: String?

  init(manager: any ManagerPort, token: String?) {
    self.manager = manager
    self.token = token
  }

  func takes(_ head: RequestHead) -> Bool {
    head.path == "/metrics" && (head.method == "GET" || head.method == "HEAD")
  }

  func admit(_ head: RequestHead, _ peer: Peer) -> Admission {
    let isKnown = token.map { BearerToken.matches($0, in: head.headers) } ?? peer.isLoopback
    if isKnown { return .body(limit: 0) }
    var refusal = Response.error(
      401,
      token == nil
        ? "METRICS_TOKEN is not set, so the figures are given to this machine alone."
        : "The figures are given for Authorization: Bearer with METRICS_TOKEN.")
    refusal.headers.append(("WWW-Authenticate", "Bearer"))
    return .answer(refusal)
  }

  func handle(_ responder: Responder) {
    responder.answer {
      let text = await manager.metrics()
      return Response(
        200, headers: [("Content-Type", "text/plain; version=0.0.4; charset=utf-8")], body: Array(text.utf8))
    }
  }
}
