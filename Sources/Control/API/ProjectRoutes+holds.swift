import Access
import HTTP
import History
import JSON

/// What keeps deployments or visitors away until somebody lifts it.
extension ProjectRoutes {
  var lock: ApiRoute {
    var route = ApiRoute("POST", "/api/projects/{slug}/lock", .caller, "Keeps everybody from deploying.")
    route.body = [.required("reason", .text(1...1000), "Why, for whoever is kept away.")]
    route.answers = [.json(200, "HoldAnswer", "It is locked.")]
    route.errors = [409, 422, 423]
    route.handler = { call, _ async throws(ControlFailure) in
      let project = try manager.project(call["slug"], for: call.caller)
      let reason = try call.body.line("reason") ?? ""
      try await manager.lock(project.slug, reason: reason, owner: call.caller.name)
      return .json(200, ["status": "locked"])
    }
    return route
  }

  var unlock: ApiRoute {
    var route = ApiRoute("POST", "/api/projects/{slug}/unlock", .caller, "Lifts the lock.")
    route.body = []
    route.answers = [.json(200, "LiftAnswer", "It is lifted, or was not there.")]
    route.errors = [409]
    route.handler = { call, _ async throws(ControlFailure) in
      let project = try manager.project(call["slug"], for: call.caller)
      let skipped = try await manager.unlock(project.slug, actor: call.caller.name)
      return .json(200, ["status": "unlocked", "skipped": .array(skipped.map(\.json))])
    }
    return route
  }

  var resume: ApiRoute {
    var route = ApiRoute(
      "POST", "/api/projects/{slug}/resume", .caller, "Lets pushes deploy again after a rollback.")
    route.body = []
    route.answers = [.json(200, "LiftAnswer", "It is lifted, or was not there.")]
    route.errors = [409]
    route.handler = { call, _ async throws(ControlFailure) in
      let project = try manager.project(call["slug"], for: call.caller)
      let skipped = try await manager.resume(project.slug, actor: call.caller.name)
      return .json(200, ["status": "resumed", "skipped": .array(skipped.map(\.json))])
    }
    return route
  }

  var maintenance: ApiRoute {
    var route = ApiRoute(
      "POST", "/api/projects/{slug}/maintenance", .caller, "Shows visitors a page instead of the app.")
    route.body = [
      .required("on", .flag, "Whether visitors are kept away."),
      .optional("text", .text(0...4096), "What they are told; without it a sentence that says so."),
    ]
    route.answers = [.json(200, "HoldAnswer", "It is so.")]
    route.errors = [409, 422]
    route.handler = { call, _ async throws(ControlFailure) in
      let project = try manager.project(call["slug"], for: call.caller)
      let isOn = call.body.flag("on") ?? false
      let text = call.body.text("text") ?? ""
      guard text.isText else {
        throw ControlFailure(.unprocessable, "the member text holds a control character")
      }
      try await manager.maintain(project.slug, isOn ? text : nil, owner: call.caller.name)
      return .json(200, ["status": .string(isOn ? "maintenance" : "open")])
    }
    return route
  }
}
