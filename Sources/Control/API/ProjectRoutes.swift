import Access
import HTTP
import History
import JSON
import Linux

/// Projects, and what a person does to one.
@MainLoop
struct ProjectRoutes {
  let manager: any ManagerPort

  var table: [ApiRoute] {
    [
      list, add, show, remove, status("/api/projects/{slug}/status", .caller), releases, deploy, rollback,
      lock,
      unlock, resume, maintenance,
    ]
  }

  // MARK: The projects

  private var list: ApiRoute {
    var route = ApiRoute("GET", "/api/projects", .caller, "The projects that the caller may see.")
    route.answers = [.json(200, "ProjectList", "The projects in the order of their making, `main` first.")]
    route.handler = { call, _ async throws(ControlFailure) in
      let visible = manager.projects.filter { call.caller.maySee(ownedBy: $0.owner) }
      return .json(200, ["items": .array(visible.map(described)), "next": nil])
    }
    return route
  }

  private var add: ApiRoute {
    var route = ApiRoute("POST", "/api/projects", .admin, "Makes a project and begins its first deployment.")
    route.body = ProjectForm.fields
    route.answers = [.json(201, "Project", "The project.")]
    route.errors = [409, 422, 429]
    route.handler = { call, _ async throws(ControlFailure) in
      let wish = try ProjectForm.record(call.body)
      let project = try await manager.add(wish, actor: call.caller.name)
      var response = Response.json(201, described(project))
      response.headers.append(("Location", "/api/projects/\(Percent.encode(project.slug))"))
      return response
    }
    return route
  }

  private var show: ApiRoute {
    var route = ApiRoute("GET", "/api/projects/{slug}", .caller, "One project.")
    route.answers = [.json(200, "Project", "The project.")]
    route.handler = { call, _ async throws(ControlFailure) in
      .json(200, described(try manager.project(call["slug"], for: call.caller)))
    }
    return route
  }

  private var remove: ApiRoute {
    var route = ApiRoute(
      "DELETE", "/api/projects/{slug}", .caller, "Stops, drains and deletes a project. `main` stays.")
    route.answers = [.json(200, "ProjectAnswer", "It is gone.")]
    route.errors = [403, 409, 422]
    route.handler = { call, _ async throws(ControlFailure) in
      let project = try manager.project(call["slug"], for: call.caller)
      try await manager.remove(project.slug, actor: call.caller.name)
      return .json(200, ["status": "removed", "project": .string(project.slug)])
    }
    return route
  }

  private func described(_ project: ProjectRecord) -> JSONValue {
    project.json(state: manager.state(of: project.slug) ?? "pending")
  }

  // MARK: One of them

  /// Under two addresses.
  func status(_ template: String, _ access: ApiRoute.Access) -> ApiRoute {
    var route = ApiRoute("GET", template, access, "What is live, runs, waits and came last.")
    route.answers = [.json(200, "Status", "All there is to know at a glance.")]
    route.handler = { call, _ async throws(ControlFailure) in
      .json(200, try await manager.status(of: try manager.project(call["slug"], for: call.caller).slug))
    }
    return route
  }

  private var releases: ApiRoute {
    var route = ApiRoute("GET", "/api/projects/{slug}/releases", .caller, "The releases on disk.")
    route.answers = [.json(200, "ReleaseList", "The releases.")]
    route.handler = { call, _ async throws(ControlFailure) in
      let slug = try manager.project(call["slug"], for: call.caller).slug
      return .json(200, ["items": .array(try await manager.releases(of: slug)), "next": nil])
    }
    return route
  }

  private var deploy: ApiRoute {
    var route = ApiRoute("POST", "/api/projects/{slug}/deploy", .caller, "Queues a deployment.")
    route.body = DeployForm.fields
    route.answers = [
      .json(202, "DeployAnswer", "It is queued."),
      .json(200, "DeployAnswer", "There is nothing to do, or it is on its way already."),
    ]
    route.errors = [403, 409, 422, 423, 429]
    route.handler = { call, _ async throws(ControlFailure) in
      let project = try manager.project(call["slug"], for: call.caller)
      let trigger = call.isAtSocket ? "command" : "api"
      let order = try DeployForm.order(call.body, trigger: trigger, by: call.caller)
      return DeployAnswer.response(to: await manager.ordered(order, for: project.slug))
    }
    return route
  }

  private var rollback: ApiRoute {
    var route = ApiRoute(
      "POST", "/api/projects/{slug}/rollback", .caller,
      "Serves the release before, or the one that is named, without a build. Pauses deployments by push.")
    route.body = [
      .optional("release", .name(1...250), "A release's number, or a commit or ref that one is of.")
    ]
    route.answers = [.json(200, "RollbackAnswer", "It serves.")]
    route.errors = [409, 422, 423]
    route.handler = { call, _ async throws(ControlFailure) in
      let project = try manager.project(call["slug"], for: call.caller)
      let name = try call.body.line("release") ?? call.body.name("release")
      return .json(200, try await manager.rollback(project.slug, to: name, actor: call.caller.name))
    }
    return route
  }
}
