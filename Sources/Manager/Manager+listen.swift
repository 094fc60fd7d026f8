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
    let routes = ControlRoutes(
      manager: self, webhook: webhook, metricsToken: settings.metricsToken, authenticator: authenticator)
    let commands = CommandRoutes(manager: self)
    let trusted = TrustedProxies(of: settings.front)
    let client: @MainLoop (Peer, RequestHead) -> Peer = { peer, head in
      ForwardedPeer.direct(peer, head.headers, isTrusted: trusted.contains)
    }
    let control = HTTPServer(
      admit: { head, peer in routes.admit(head, client(peer, head)) },
      handler: { request, peer, responder in
        routes.handle(request, client(peer, request.head), responder)
      })
    let socket = HTTPServer(handler: { request, _, responder in commands.handle(request, responder) })
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
