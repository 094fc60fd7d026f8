import Access
import HTTP
import History
import JSON
import Linux

/// Deployments that were.
@MainLoop
struct DeploymentRoutes {
  let manager: any ManagerPort

  var table: [ApiRoute] { [list, show, cancel] }

  private static let states = [
    "queued", "building", "deploying", "success", "failed", "canceled", "superseded", "skipped",
    "interrupted",
    "rolled_back",
  ]

  private var list: ApiRoute {
    var route = ApiRoute("GET", "/api/deployments", .caller, "Deployments, newest first.")
    route.query =
      [
        .optional("slug", .text(1...255), "Of this project only."),
        .optional("status", .choice(Self.states), "In this state only."),
      ] + ListPage.query
    route.answers = [.json(200, "DeploymentList", "A page of them.")]
    route.handler = { call, _ async throws(ControlFailure) in
      var filter = DeploymentFilter()
      if let slug = call.query["slug"] {
        filter.project = try manager.project(slug, for: call.caller).slug
      } else if !call.caller.isAdmin {
        filter.projects = manager.projects.filter { call.caller.maySee(ownedBy: $0.owner) }.map(\.slug)
      }
      filter.state = call.query["status"].flatMap(DeploymentState.init(rawValue:))
      filter.before = call.query.integer("before")
      filter.limit = ListPage.limit(call.query)
      let page = try manager.recorded { () throws(HistoryError) in try manager.history.page(of: filter) }
      return ListPage.response(page.items.map(\.json), next: page.next)
    }
    return route
  }

  private var show: ApiRoute {
    var route = ApiRoute("GET", "/api/deployments/{id}", .callerOrSigner, "One deployment.")
    route.answers = [.json(200, "Deployment", "The deployment.")]
    route.handler = { call, _ async throws(ControlFailure) in
      .json(200, try manager.deployment(call).json)
    }
    return route
  }

  private var cancel: ApiRoute {
    var route = ApiRoute(
      "POST", "/api/deployments/{id}/cancel", .caller, "Ends a deployment that waits or runs.")
    route.body = []
    route.answers = [.json(200, "CancelAnswer", "It ends, with everything that it has started.")]
    route.errors = [409]
    route.handler = { call, _ async throws(ControlFailure) in
      let deployment = try manager.deployment(call)
      try await manager.cancel(deployment.id, actor: call.caller.name)
      return .json(200, ["status": "canceling", "deployment": .int(deployment.id)])
    }
    return route
  }
}
