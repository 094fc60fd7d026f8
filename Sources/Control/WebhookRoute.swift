import HTTP
import Linux
import Server

@MainLoop
package struct WebhookRoute {
  package let limits = Limits()
  package init(manager: any ManagerPort, path: String, secret: String?) {}
  package func admit(_ head: RequestHead, _ peer: Peer) -> Admission { .body(limit: 25 << 20) }
  package func handle(_ request: Request, _ peer: Peer, _ responder: Responder) {
    responder(.text(200, "ok\n"))
  }
}
