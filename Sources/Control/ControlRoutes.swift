import HTTP
import Linux
import Server

/// What answers on the control port.
@MainLoop
package struct ControlRoutes {
  private let webhook: WebhookRoute
  private let metrics: MetricsRoute
  private let login: LoginRoutes
  private let api: ApiRoutes

  package init(
    manager: any ManagerPort, webhook: WebhookRoute, metricsToken: String?, authenticator: Authenticator
  ) {
    self.webhook = webhook
    metrics = MetricsRoute(manager: manager, token: metricsToken, authenticator: authenticator)
    login = LoginRoutes(authenticator)
    api = ApiRoutes(
      manager: manager,
      door: .port(identify: { authenticator.identify($0, $1, changes: $2, takesSignature: $3) }),
      beside: LoginRoutes.described)
  }

  package func admit(_ head: RequestHead, _ peer: Peer) -> Admission {
    if metrics.takes(head) { return metrics.admit(head, peer) }
    if login.takes(head) { return login.admit(head, peer) }
    return api.takes(head) ? api.admit(head, peer) : webhook.admit(head, peer)
  }

  package func handle(_ request: Request, _ peer: Peer, _ responder: Responder) {
    if metrics.takes(request.head) {
      metrics.handle(responder)
    } else if login.takes(request.head) {
      responder(login.handle(request, peer))
    } else if api.takes(request.head) {
      api.handle(request, peer, responder)
    } else {
      webhook.handle(request, peer, responder)
    }
  }
}
