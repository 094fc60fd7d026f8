import Control
import Front
import HTTP
import Linux
import Releases
import Server
import Settings

extension Manager {
  /// Takes every address, and has the public ones answered. What is returned is opened once all is known.
  func listen() throws(StartError) -> [(HTTPServer, Listener)] {
    let webhook = webhooks
    let routes = ControlRoutes(
      manager: self, webhook: webhook, metricsToken: settings.metricsToken, authenticator: authenticator)
    let commands = ApiRoutes(
      manager: self,
      door: .socket(issueToken: { [self] wish throws(ControlFailure) in
        let token = try authenticator.token(for: wish)
        note("the command socket", "token", nil, "for \(wish.subject)" + (wish.isAdmin ? ", an admin" : ""))
        return token
      }))
    let trusted = TrustedProxies(of: settings.front)
    let client: @MainLoop (Peer, RequestHead) -> Peer = { peer, head in
      ForwardedPeer.direct(peer, head.headers, isTrusted: trusted.contains)
    }
    // Whoever follows a stream keeps a connection, which costs some kilobytes.
    var limits = Limits()
    limits.connections = 4096
    let control = HTTPServer(
      limits: limits,
      admit: { head, peer in routes.admit(head, client(peer, head)) },
      handler: { request, peer, responder in
        routes.handle(request, client(peer, request.head), responder)
      })
    let socket = HTTPServer(
      admit: { head, peer in commands.admit(head, peer) },
      handler: { request, peer, responder in commands.handle(request, peer, responder) })
    let behindFront = webhookServer(webhook)
    let doors: [(HTTPServer, Listener)]
    do throws(ListenError) {
      try listenPublicly()
      doors = [
        (control, try .tcp(port: settings.controlPort, setting: "CONTROL_PORT")),
        (socket, try .unix(path: layout.socket)),
        (behindFront, try .unix(path: layout.webhookSocket)),
      ]
    } catch {
      throw StartError(error)
    }
    do throws(SystemError) {
      try front.start()
    } catch {
      throw StartError(error)
    }
    return doors
  }

  var webhooks: WebhookRoute {
    WebhookRoute(
      manager: self, path: settings.webhookPath, secret: settings.webhookSecret,
      attempts: signatureAttempts)
  }

  func open(_ doors: [(HTTPServer, Listener)]) throws(StartError) {
    do throws(SystemError) {
      for (server, listener) in doors { try server.listen(listener) }
    } catch {
      throw StartError(error)
    }
    servers = doors.map(\.0)
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
