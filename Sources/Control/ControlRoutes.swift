import HTTP
import Linux
import Server

/// What answers on the control port.
@MainLoop
package struct ControlRoutes {
  private let webhook: WebhookRoute
  private let metrics: MetricsRoute
  private let api: ApiRoutes

  package init(
    manager: any ManagerPort, webhook: WebhookRoute, metricsToken: String?,
    identify: @escaping ApiDoor.Identify
  ) {
    self.webhook = webhook
    api = ApiRoutes(manager: manager, door: .port(identify: identify))
    metrics = MetricsRoute(manager: manager, token: metricsToken)
  }

  package func admit(_ head: RequestHead, _ peer: Peer) -> Admission {
    if api.takes(head) { return api.admit(head, peer) }
    return metrics.takes(head) ? metrics.admit(head, peer) : webhook.admit(head, peer)
  }

  package func handle(_ request: Request, _ peer: Peer, _ responder: Responder) {
    if api.takes(request.head) {
      api.handle(request, peer, responder)
    } else if metrics.takes(request.head) {
      metrics.handle(responder)
    } else {
      webhook.handle(request, peer, responder)
    }
  }
}
