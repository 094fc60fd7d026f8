import HTTP
import JSON

/// The answers to `POST /deploy`, the same for a webhook and a command.
enum DeployAnswer {
  static func response(to answer: OrderAnswer) -> Response {
    switch answer {
    case .queued(let id): .json(202, ["status": "queued", "deployment": .int(id)])
    case .duplicate(let id): .json(200, ["status": "duplicate", "deployment": .int(id)])
    case .ignored(let reason): ignored(reason)
    case .locked(let reason): .error(423, reason)
    case .full(let seconds): full(seconds)
    case .unavailable(let reason): .error(503, reason)
    }
  }

  private static func full(_ seconds: Int) -> Response {
    var response = Response.error(429, "Too many deployments wait already. Try again in \(seconds) s.")
    response.headers.append(("Retry-After", String(seconds)))
    return response
  }

  static func ignored(_ reason: String) -> Response {
    .json(200, ["status": "ignored", "reason": .string(reason)])
  }
}
