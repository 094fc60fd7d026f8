import Access
import HTTP
import History
import JSON
import Linux
import Server

/// The events of one deployment, as they come and after the fact.
@MainLoop
struct StreamRoutes {
  let manager: any ManagerPort
  let streams: EventStreams

  var table: [ApiRoute] { [deployStream, stream, log] }

  private static let events = ApiAnswer(
    status: 200, about: "Server-sent events; the id of each is the place behind it.",
    content: [("text/event-stream", "EventStream")])

  private static let lastEventId = ApiField.optional(
    "lastEventId", .text(0...255), "The same as Last-Event-ID, for who cannot set headers.")

  private static func lastSeen(_ call: ApiCall) -> String? {
    call.head.headers["Last-Event-ID"] ?? call.query["lastEventId"]
  }

  private var deployStream: ApiRoute {
    var route = ApiRoute(
      "GET", "/api/projects/deploy-stream", .caller,
      """
      Starts a deployment and streams it. It is canceled when its reader leaves before the end. With `Last-Event-ID` \
      it starts nothing: the caller's own goes on behind that event, if it still runs.
      """)
    route.changesState = true
    route.isStream = true
    route.query = [
      .required("slug", .text(1...255), "The project."),
      .optional("detach", .choice(["0", "1"]), "1: the deployment goes on without its reader."),
      Self.lastEventId,
    ]
    route.answers = [
      Self.events, .empty(204, "It has ended already, without a word, or the reader has come back."),
    ]
    route.errors = [403, 404, 409, 423, 429]
    route.handler = { call, responder async throws(ControlFailure) in
      let project = try manager.project(call.query["slug"] ?? "", for: call.caller)
      let actor = call.caller.name
      // An EventSource comes back at the end of every stream, and would deploy for ever. It stops at a 204.
      if let lastSeen = Self.lastSeen(call) {
        let own = manager.active.first {
          $0.project == project.slug && $0.trigger == "api" && $0.actor == actor
        }
        guard let own else { return Response(204) }
        return streams.follow(own.id, lastSeen: lastSeen, responder)
      }
      let answer = await manager.ordered(
        DeployOrder(trigger: "api", actor: actor, ref: nil), for: project.slug)
      switch answer {
      case .queued(let id):
        let isDetached = call.query["detach"] == "1"
        return streams.follow(id, lastSeen: nil, responder, opening: EventFrames.beginning) {
          [weak manager] isComplete in
          // It may have ended in the same moment: then there is nothing to cancel.
          if isComplete || isDetached { return }
          Task { @MainLoop in try? await manager?.cancel(id, actor: actor) }
        }
      // Somebody else's wish: it does not end with this reader.
      case .duplicate(let id):
        return streams.follow(id, lastSeen: nil, responder, opening: EventFrames.beginning)
      case .ignored(let reason), .held(_, let reason): throw ControlFailure(.conflict, reason)
      case .locked, .full, .unavailable: return DeployAnswer.response(to: answer)
      }
    }
    return route
  }

  private var stream: ApiRoute {
    var route = ApiRoute(
      "GET", "/api/deployments/{id}/stream", .caller,
      "The events of a deployment, live and after the fact. `Last-Event-ID` goes on behind that event.")
    route.isStream = true
    route.query = [Self.lastEventId]
    route.answers = [Self.events, .empty(204, "It has ended, and the reader has seen everything.")]
    route.handler = { call, responder async throws(ControlFailure) in
      let deployment = try manager.deployment(call)
      return streams.follow(deployment.id, lastSeen: Self.lastSeen(call), responder)
    }
    return route
  }

  private var log: ApiRoute {
    var route = ApiRoute(
      "GET", "/api/deployments/{id}/log", .callerOrSigner,
      "The whole log as text, or with `Accept: application/x-ndjson` as events, one a line.")
    route.isStream = true
    route.query = [
      .optional("follow", .choice(["0", "1"]), "1: on to the end of a deployment that has not ended.")
    ]
    route.answers = [
      ApiAnswer(
        status: 200, about: "The log, as a download.",
        content: [("text/plain; charset=utf-8", "LogText"), ("application/x-ndjson", "LogText")])
    ]
    route.handler = { call, responder async throws(ControlFailure) in
      let deployment = try manager.deployment(call)
      let asText = !call.head.headers.lists("application/x-ndjson", in: "Accept")
      let headers: EventStreams.Headers =
        asText
        ? [
          ("Content-Type", "text/plain; charset=utf-8"),
          ("Content-Disposition", "attachment; filename=\"deployment-\(deployment.id).log\""),
        ] : [("Content-Type", "application/x-ndjson")]
      streams.download(
        deployment.id, asText: asText, follows: call.query["follow"] == "1", headers, responder)
      return nil
    }
    return route
  }
}
