import HTTP
import JSON

/// The answers to `POST /deploy`, the same for a webhook and a command.
enum DeployAnswer {
  /// `all`: what was queued and what a lock keeps away, where one trigger concerns several projects.
  static func response(to answer: OrderAnswer, all: [Int64] = []) -> Response {
    switch answer {
    case .queued(let id) where all.count > 1:
      .json(
        202,
        ["status": "queued", "deployment": .int(id), "deployments": .array(all.map { .int($0) })])
    case .queued(let id): .json(202, ["status": "queued", "deployment": .int(id)])
    case .duplicate(let id): .json(200, ["status": "duplicate", "deployment": .int(id)])
    case .ignored(let reason): ignored(reason)
    case .held(let id, let reason):
      .json(200, ["status": "ignored", "reason": .string(reason), "deployment": .int(id)])
    case .locked(let reason): .error(423, reason)
    case .full(let retryAfter): full(retryAfter)
    case .unavailable(let reason): .error(503, reason)
    }
  }

  private static func full(_ retryAfter: Int) -> Response {
    var response = Response.error(
      429, "Too many deployments wait already (QUEUE_LIMIT). Try again when some have ended.")
    response.headers.append(("Retry-After", String(retryAfter)))
    return response
  }

  static func ignored(_ reason: String) -> Response {
    .json(200, ["status": "ignored", "reason": .string(reason)])
  }
}
