import Access
import HTTP
import Linux
import Server

/// What answers below `/api`, on the control port and on the command socket alike.
@MainLoop
package struct ApiRoutes {
  let routes: [ApiRoute]
  private let door: ApiDoor
  /// One entry a path, those without parameters first.
  private let paths: [(template: PathTemplate, routes: [ApiRoute])]

  package init(manager: any ManagerPort, door: ApiDoor, heartbeat: Duration = .seconds(15)) {
    self.init(manager: manager, door: door, beside: [], heartbeat: heartbeat)
  }

  /// `beside`: what else the document describes, answered by others.
  init(manager: any ManagerPort, door: ApiDoor, beside: [ApiRoute], heartbeat: Duration = .seconds(15)) {
    let streams = EventStreams(manager: manager, heartbeat: heartbeat)
    var routes =
      ProjectRoutes(manager: manager).table + StreamRoutes(manager: manager, streams: streams).table
      + DeploymentRoutes(manager: manager).table + AdminRoutes(manager: manager, door: door).table
    routes.removeAll { $0.isForSocketOnly && !door.isSocket }
    routes.append(ApiDocument.route(describing: routes + beside, at: door))
    self.init(routes, door)
  }

  private init(_ routes: [ApiRoute], _ door: ApiDoor) {
    self.routes = routes
    self.door = door
    let templates = Dictionary(grouping: routes, by: \.template)
    paths = templates.map { ($0.key, $0.value) }.sorted {
      ($0.template.parameterNames.count, $0.template.text) < (
        $1.template.parameterNames.count, $1.template.text
      )
    }
  }

  package func takes(_ head: RequestHead) -> Bool { head.path == "/api" || head.path.hasPrefix("/api/") }

  /// Everything that the head tells is answered before a body is waited for.
  package func admit(_ head: RequestHead, _ peer: Peer) -> Admission {
    switch resolve(head, peer) {
    case .success(let found): .body(limit: found.route.bodyLimit)
    case .failure(let refusal): .answer(refusal.response)
    }
  }

  package func handle(_ request: Request, _ peer: Peer, _ responder: Responder) {
    switch resolve(request.head, peer) {
    case .failure(let refusal): responder(refusal.response)
    case .success(let (route, call)): perform(route, call, request, responder)
    }
  }

  private func perform(_ route: ApiRoute, _ call: ApiCall, _ request: Request, _ responder: Responder) {
    if route.isStream, let refusal = responder.refusalOfStream { return responder(refusal) }
    Task { @MainLoop in
      do throws(ControlFailure) {
        var call = call
        if let known = route.body { call.body = try ApiBody(request, known) }
        if let response = try await route.handler(call, responder) { responder(response) }
      } catch {
        responder(error.response)
      }
    }
  }

  // MARK: Who asks for what

  /// 401 comes before 403, and that before 404.
  private func resolve(_ head: RequestHead, _ peer: Peer) -> Result<(route: ApiRoute, call: ApiCall), Refusal>
  {
    let pieces = PathTemplate.split(head.path)
    let path = paths.first { $0.template.fits(pieces) }
    let isHead = head.method == "HEAD"
    let route = path?.routes.first { $0.method == head.method || isHead && $0.allowsHead }
    var caller = Caller(name: "anyone", isAdmin: false)
    if path?.routes.first?.access != .open {
      let changes = route?.changesState ?? !(isHead || head.method == "GET")
      let takesSignature = route?.access == .callerOrSigner
      switch door.identify(head, peer, changes: changes, takesSignature: takesSignature) {
      case .success(let known): caller = known
      case .failure(let refusal): return .failure(refusal)
      }
    }
    guard let path else {
      return .failure(Refusal(.error(404, "there is nothing at \(head.path)")))
    }
    guard let route else { return .failure(Refusal(Self.notAllowed(head, path.routes))) }
    if route.access == .admin, !caller.isAdmin {
      return .failure(Refusal(.error(403, "this is for admins")))
    }
    guard let parameters = route.template.parameters(of: pieces) else {
      return .failure(Refusal(.error(404, "there is nothing at \(head.path)")))
    }
    do throws(ControlFailure) {
      let query = try ApiQuery(head, route.query)
      let call = ApiCall(
        head: head, caller: caller, isAtSocket: door.isSocket, parameters: parameters, query: query)
      return .success((route, call))
    } catch {
      return .failure(Refusal(error.response))
    }
  }

  private static func notAllowed(_ head: RequestHead, _ routes: [ApiRoute]) -> Response {
    let methods = routes.flatMap { $0.allowsHead ? [$0.method, "HEAD"] : [$0.method] }.joined(separator: ", ")
    var response = Response.error(405, "\(head.path) takes \(methods)")
    response.headers.append(("Allow", methods))
    return response
  }
}

extension ControlFailure {
  var response: Response { .error(kind.rawValue, message) }
}
