import Control
import Front
import HTTP
import Linux
import Releases
import Server
import Settings

extension Manager {
  func listen() throws(StartError) {
    let webhook = WebhookRoute(
      manager: self, path: settings.webhookPath, secret: settings.webhookSecret)
    // Until it is known who asks, nobody is let in.
    let routes = ControlRoutes(manager: self, webhook: webhook, metricsToken: settings.metricsToken) {
      _, _, _ in
      .failure(Refusal(.error(401, "no token is accepted yet")))
    }
    // Whoever reads a stream keeps a connection, and costs some kilobytes.
    var limits = Limits()
    limits.connections = 4096
    let control = HTTPServer(
      limits: limits,
      admit: { head, peer in routes.admit(head, ForwardedPeer.direct(peer, head.headers)) },
      handler: { request, peer, responder in
        routes.handle(request, ForwardedPeer.direct(peer, request.head.headers), responder)
      })
    let socket = commandServer()
    let behindFront = webhookServer(webhook)
    let listeners: [(HTTPServer, Listener)]
    do throws(ListenError) {
      try listenPublicly()
      listeners = [
        (control, try .tcp(port: settings.controlPort, setting: "CONTROL_PORT")),
        (socket, try .unix(path: layout.socket)),
        (behindFront, try .unix(path: layout.webhookSocket)),
      ]
    } catch {
      throw StartError(error)
    }
    do throws(SystemError) {
      for (server, listener) in listeners { try server.listen(listener) }
      try front.start()
    } catch {
      throw StartError(error)
    }
    servers = listeners.map(\.0)
  }

  private func commandServer() -> HTTPServer {
    let commands = CommandRoutes(manager: self)
    let issue: ApiDoor.IssueToken = { _ throws(ControlFailure) in
      throw ControlFailure(.unavailable, "no token is issued yet")
    }
    let api = ApiRoutes(manager: self, door: .socket(issueToken: issue))
    return HTTPServer(
      admit: { head, peer in api.takes(head) ? api.admit(head, peer) : .body(limit: 1 << 20) },
      handler: { request, peer, responder in
        if api.takes(request.head) {
          api.handle(request, peer, responder)
        } else {
          commands.handle(request, responder)
        }
      })
  }

  /// Behind the front, which sends it nothing but triggers.
  private func webhookServer(_ webhook: WebhookRoute) -> HTTPServer {
    let trusted = TrustedProxies(of: settings.front)
    return HTTPServer(
      admit: { head, peer in webhook.admit(head, peer) },
      handler: { request, _, responder in
        let peer = ForwardedPeer.behindFront(request.head.headers, isTrusted: trusted.contains)
        webhook.handle(request, peer, responder)
      })
  }

  private func listenPublicly() throws(ListenError) {
    do throws(SystemError) {
      try front.listen(Front.everywhere(port: settings.port))
    } catch {
      throw ListenError(port: settings.port, setting: "PORT", error)
    }
  }
}
