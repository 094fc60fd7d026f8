import HTTP
import Linux
import Server

/// What answers on the control port.
@MainLoop
package struct ControlRoutes {
  private let webhook: WebhookRoute
  private let metrics: MetricsRoute

  package init(manager: any ManagerPort, webhook: WebhookRoute, metricsToken: String?) {
    self.webhook = webhook
    metrics = MetricsRoute(manager: manager, token: metricsToken)
  }

  package func admit(_ head: RequestHead, _ peer: Peer) -> Admission {
    metrics.takes(head) ? metrics.admit(head, peer) : webhook.admit(head, peer)
  }

  package func handle(_ request: Request, _ peer: Peer, _ responder: Responder) {
    if metrics.takes(request.head) {
      metrics.handle(responder)
    } else {
      webhook.handle(request, peer, responder)
    }
  }
}
