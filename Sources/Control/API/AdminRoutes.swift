import Access
import HTTP
import History
import JSON
import Linux

/// What is an admin's alone.
@MainLoop
struct AdminRoutes {
  let manager: any ManagerPort
  let door: ApiDoor

  var table: [ApiRoute] { [active, status, deliveries, replay, audit, testNotifications, token] }

  private var active: ApiRoute {
    var route = ApiRoute(
      "GET", "/api/admin/deployments/active", .admin, "What runs and waits, of every project.")
    route.answers = [.json(200, "ActiveList", "In the order in which it runs; `position` 0 runs already.")]
    route.handler = { _, _ async throws(ControlFailure) in
      var waiting: Int64 = 0
      let items = manager.active.map { deployment -> JSONValue in
        if deployment.state == .queued { waiting += 1 }
        let position = deployment.state == .queued ? waiting : 0
        guard case .object(let members) = deployment.json else { return .null }
        return .object(members + [("position", .int(position))])
      }
      return .json(200, ["items": .array(items), "next": nil])
    }
    return route
  }

  private var status: ApiRoute {
    ProjectRoutes(manager: manager).status("/api/admin/deployments/{slug}/status", .admin)
  }

  private var deliveries: ApiRoute {
    var route = ApiRoute(
      "GET", "/api/webhooks/deliveries", .admin, "Every delivery with its verdict and why, newest first.")
    route.query = ListPage.query
    route.answers = [.json(200, "DeliveryList", "A page of them.")]
    route.handler = { call, _ async throws(ControlFailure) in
      let page = try manager.recorded { () throws(HistoryError) in
        try manager.history.deliveries(
          before: call.query.integer("before"), limit: ListPage.limit(call.query))
      }
      return ListPage.response(page.items.map(\.json), next: page.next)
    }
    return route
  }

  private var replay: ApiRoute {
    var route = ApiRoute(
      "POST", "/api/webhooks/deliveries/{guid}/replay", .admin,
      "Judges a delivery that is on record once more, and acts upon it.")
    route.body = []
    route.answers = [
      .json(200, "DeployAnswer", "There is nothing to do, or it is on its way already."),
      .json(202, "DeployAnswer", "A deployment is queued."),
    ]
    route.errors = [409, 422, 423, 429]
    route.handler = { call, _ async throws(ControlFailure) in
      let answer = try await manager.replay(call["guid"], actor: call.caller.name)
      var isQueued = false
      if case .object(let members) = answer {
        isQueued = members.contains {
          if case ("status", .string("queued")) = $0 { true } else { false }
        }
      }
      return .json(isQueued ? 202 : 200, answer)
    }
    return route
  }

  private var audit: ApiRoute {
    var route = ApiRoute("GET", "/api/audit", .admin, "Who did what, newest first.")
    route.query = ListPage.query
    route.answers = [.json(200, "ActionList", "A page of it.")]
    route.handler = { call, _ async throws(ControlFailure) in
      let page = try manager.recorded { () throws(HistoryError) in
        try manager.history.actions(before: call.query.integer("before"), limit: ListPage.limit(call.query))
      }
      return ListPage.response(page.items.map(\.json), next: page.next)
    }
    return route
  }

  private var testNotifications: ApiRoute {
    var route = ApiRoute(
      "POST", "/api/notify/test", .admin, "Sends a message on every channel that is set up.")
    route.body = []
    route.answers = [.json(200, "NotifyAnswer", "What became of each.")]
    route.errors = [409, 422]
    route.handler = { call, _ async throws(ControlFailure) in
      .json(200, try await manager.testNotifications(actor: call.caller.name))
    }
    return route
  }

  private var token: ApiRoute {
    var route = ApiRoute("POST", "/api/tokens", .admin, "Issues a token.")
    route.isForSocketOnly = true
    route.body = [
      .required("sub", .text(1...255), "Whom it names."),
      .optional("admin", .flag, "Whether everything is theirs."),
      .optional("ttl", .integer(1...315_360_000), "Seconds until it ends."),
    ]
    route.answers = [.json(201, "Token", "The token.")]
    route.errors = [422]
    route.handler = { [door] call, _ async throws(ControlFailure) in
      guard case .socket(let issue) = door else { throw ControlFailure(.missing, "there is nothing here") }
      let wish = TokenWish(
        subject: try call.body.line("sub") ?? "", isAdmin: call.body.flag("admin") ?? false,
        seconds: call.body.integer("ttl"))
      return .json(201, ["token": .string(try issue(wish))])
    }
    return route
  }
}
