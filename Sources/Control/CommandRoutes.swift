import Access
import HTTP
import History
import JSON
import Linux
import Server

/// What the commands ask over the socket. Whoever can open the socket may do everything.
@MainLoop
package struct CommandRoutes {
  private unowned let manager: any ManagerPort

  package init(manager: any ManagerPort) { self.manager = manager }

  package func handle(_ request: Request, _ responder: Responder) {
    let parts = request.head.path.split(separator: "/").map(String.init)
    let arguments: JSONNode?
    if request.body.isEmpty {
      arguments = nil
    } else {
      guard let document = try? JSONDocument(bytes: request.body) else {
        return responder(.error(400, "the request's body is not JSON"))
      }
      arguments = document.root
    }
    let actor = arguments?["actor"]?.string ?? "somebody"
    switch (request.head.method, parts.first ?? "", parts.count) {
    case ("GET", "status", 1):
      responder.answer { .json(200, (try? await manager.status(of: "main")) ?? .null) }
    case ("GET", "releases", 1):
      responder.answer {
        .json(200, ["items": .array((try? await manager.releases(of: "main")) ?? []), "next": nil])
      }
    case ("POST", "deploy", 1): deploy(arguments, actor, responder)
    case ("POST", "rollback", 1):
      let name = arguments?["release"]?.string
      answer(responder) { () async throws(ControlFailure) in
        try await manager.rollback("main", to: name, actor: actor)
      }
    case ("POST", "lock", 1):
      let reason = arguments?["reason"]?.string ?? ""
      answer(responder) { () async throws(ControlFailure) in
        try await manager.lock("main", reason: reason, owner: actor)
        return ["status": "locked"]
      }
    case ("POST", "unlock", 1):
      answer(responder) { () async throws(ControlFailure) in
        ["status": "unlocked", "skipped": .array(try await manager.unlock("main", actor: actor).map(\.json))]
      }
    case ("POST", "resume", 1):
      answer(responder) { () async throws(ControlFailure) in
        ["status": "resumed", "skipped": .array(try await manager.resume("main", actor: actor).map(\.json))]
      }
    case ("POST", "maintenance", 1):
      answer(responder) { () async throws(ControlFailure) in
        let isOn = arguments?["on"]?.bool ?? false
        try await manager.maintain("main", isOn ? arguments?["text"]?.string ?? "" : nil, owner: actor)
        return ["status": .string(isOn ? "maintenance" : "open")]
      }
    case ("POST", "deployments", 3) where parts[2] == "cancel":
      answer(responder) { () async throws(ControlFailure) in
        guard let id = Int64(parts[1]) else {
          throw ControlFailure(.bad, "\(parts[1]) is not a deployment's number")
        }
        try manager.cancel(id, actor: actor)
        return ["status": "canceling", "deployment": .int(id)]
      }
    case ("GET", "deployments", 2):
      answer(responder) { () async throws(ControlFailure) in try find(parts[1]).json }
    case ("GET", "deployments", 3) where parts[2] == "log":
      log(parts[1], follow: request.head.rawQuery == "follow=1", responder)
    default: responder(.error(404, "there is no \(request.head.method) \(request.head.path)"))
    }
  }

  private func answer(
    _ responder: Responder, _ body: @escaping @MainLoop () async throws(ControlFailure) -> JSONValue
  ) {
    responder.answer {
      do throws(ControlFailure) {
        return .json(200, try await body())
      } catch {
        return .error(error.kind.rawValue, error.message)
      }
    }
  }

  private func deploy(_ arguments: JSONNode?, _ actor: String, _ responder: Responder) {
    let ref = arguments?["ref"]?.string
    if let problem = ref.flatMap(RefName.problem(with:)) { return responder(.error(400, problem)) }
    if let mode = arguments?["mode"]?.string, mode != "fast" {
      return responder(.error(400, "mode \(mode) is not known; it may be fast"))
    }
    var order = DeployOrder(trigger: "command", actor: actor, ref: ref)
    order.commit = ref.flatMap { RefName.isCommit($0) ? $0.lowercased() : nil }
    order.forced = arguments?["force"]?.bool ?? false
    if let seconds = arguments?["timeout"]?.int {
      guard (1...604_800).contains(seconds) else {
        return responder(.error(400, "a timeout of \(seconds) s cannot be; it may be 1 to 604800"))
      }
      order.timeout = .seconds(seconds)
    }
    manager.order(order, for: "main") { responder(DeployAnswer.response(to: $0)) }
  }

  /// `last`, or a number.
  private func find(_ name: String) throws(ControlFailure) -> Deployment {
    let id = Int64(name)
    guard name == "last" || id != nil else {
      throw ControlFailure(.bad, "\(name) is not a deployment's number")
    }
    do throws(HistoryError) {
      if let id {
        if let found = try manager.history.deployment(id) { return found }
      } else if let last = try manager.history.latest(project: "main", limit: 100).first(where: \.hasLog) {
        return last
      }
    } catch {
      throw ControlFailure(.failed, "\(error)")
    }
    throw ControlFailure(
      .missing, id.map { "there is no deployment #\($0)" } ?? "there is no deployment yet")
  }

  private func log(_ name: String, follow: Bool, _ responder: Responder) {
    do throws(ControlFailure) {
      let deployment = try find(name)
      let writer = responder.stream(Response(200, headers: [("Content-Type", "application/x-ndjson")]))
      LogStream(reader: manager.logs.reader(of: deployment.id), follows: follow, writer: writer).start()
    } catch {
      responder(.error(error.kind.rawValue, error.message))
    }
  }
}
