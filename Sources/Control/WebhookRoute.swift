import Access
import HTTP
import History
import JSON
import Linux
import Server

/// Triggers, and whether anybody is at home.
@MainLoop
package struct WebhookRoute {
  private unowned let manager: any ManagerPort
  private let path: String
  private let secret: String?
  private let project: WebhookProject

  /// GitHub's own limit for a payload.
  private static let bodyLimit = 25 << 20

  package init(manager: any ManagerPort, path: String, secret: String?) {
    self.manager = manager
    self.path = path
    self.secret = secret
    let main = manager.projects.first
    project = WebhookProject(repository: main?.repository, branch: main?.branch ?? "main")
  }

  /// Everything but a trigger is answered before a body is waited for.
  package func admit(_ head: RequestHead, _ peer: Peer) -> Admission {
    switch (head.path, head.method) {
    case (path, "POST"): .body(limit: Self.bodyLimit)
    case (path, _):
      .answer(
        Response(
          405, headers: [("Allow", "POST"), ("Content-Type", "text/plain; charset=utf-8")],
          body: Array("a deployment is triggered with POST\n".utf8)))
    case ("/up", "GET"), ("/up", "HEAD"): .answer(.text(200, "up\n"))
    case ("/ready", "GET"), ("/ready", "HEAD"):
      .answer(manager.isLive ? .text(200, "ready\n") : .text(503, "no release is live\n"))
    default: .answer(.error(404, "there is nothing at \(head.path)"))
    }
  }

  package func handle(_ request: Request, _ peer: Peer, _ responder: Responder) {
    let headers = request.head.headers
    let verdict = WebhookSignature.verify(
      headers, body: request.body, secret: secret, isLoopback: peer.isLoopback)
    if case .refused(let reason) = verdict { return responder(.error(401, reason)) }
    let webhook = WebhookRequest(headers)
    switch WebhookVerdict(webhook, WebhookBody(request.body), for: project) {
    case .pong: responder(.json(200, ["status": "pong"]))
    case .ignore(let reason): responder(DeployAnswer.ignored(reason))
    case .invalid(let message): responder(.error(400, message))
    case .deploy(let wish):
      if let mode = wish.mode, mode != "fast" {
        return responder(.error(400, "mode \(mode) is not known; it may be fast"))
      }
      manager.order(order(wish, webhook), for: "main") { responder(DeployAnswer.response(to: $0)) }
    }
  }

  private func order(_ wish: DeployRequest, _ webhook: WebhookRequest) -> DeployOrder {
    let isPush = webhook.event == .push
    var order = DeployOrder(
      trigger: isPush ? "push" : "webhook", actor: wish.actor ?? webhook.provider.rawValue, ref: wish.ref)
    order.commit = wish.commit ?? wish.ref.flatMap { RefName.isCommit($0) ? $0.lowercased() : nil }
    order.before = wish.before
    order.delivery = wish.delivery
    order.author = wish.author
    order.message = wish.message
    order.forced = wish.isForced
    return order
  }
}
