import Access
import HTTP
import History
import JSON
import Linux
import Server

/// Triggers, and whether anybody is at home.
@MainLoop
package struct WebhookRoute {
  private let manager: any ManagerPort
  private let path: String
  private let secret: String?
  /// Of wrong signatures. A right one is taken also from an address that sends wrong ones: it may be a proxy's, and a
  /// forge does not send a push again.
  private let attempts: AttemptLimiter
  private let known = KnownProjects()

  /// GitHub's own limit for a payload.
  private static let bodyLimit = 25 << 20
  /// From an address that has been wrong too often: what it costs to check is to be bounded.
  private static let doubtedLimit = 1 << 20

  package init(manager: any ManagerPort, path: String, secret: String?, attempts: AttemptLimiter) {
    self.manager = manager
    self.path = path
    self.secret = secret
    self.attempts = attempts
  }

  /// Everything but a trigger is answered before a body is waited for.
  package func admit(_ head: RequestHead, _ peer: Peer) -> Admission {
    switch (head.path, head.method) {
    case (path, "POST"):
      .body(limit: attempts.wait(for: peer.address) == nil ? Self.bodyLimit : Self.doubtedLimit)
    case (path, _):
      .answer(
        Response(
          405, headers: [("Allow", "POST"), ("Content-Type", "text/plain; charset=utf-8")],
          body: Array("a deployment is triggered with POST\n".utf8)))
    case ("/up", "GET"), ("/up", "HEAD"): .answer(.text(200, "up\n"))
    case ("/ready", "GET"), ("/ready", "HEAD"):
      .answer(manager.isLive ? .text(200, "ready\n") : .text(503, "no release is live\n"))
    default: .answer(.error(404, "there is nothing at \(head.path)"))
    }
  }

  package func handle(_ request: Request, _ peer: Peer, _ responder: Responder) {
    let headers = request.head.headers
    let verdict = WebhookSignature.verify(
      headers, body: request.body, secret: secret, isLoopback: peer.isLoopback)
    let webhook = WebhookRequest(headers)
    if case .refused(let reason) = verdict {
      if let refusal = attempts.refusal(to: peer) { return responder(refusal.response) }
      attempts.countFailure(of: peer.address)
      manager.recordRefusedDelivery(webhook, from: peer.address, reason: reason)
      return responder(.error(401, reason))
    }
    handle(webhook, request.body) { responder($0) }
  }

  /// A trigger whose signature was checked, now or when it first came.
  package func handle(
    _ webhook: WebhookRequest, _ body: [UInt8], answer: @escaping @MainLoop (Response) -> Void
  ) {
    var delivery = Delivery(webhook, verdict: "received")
    delivery.payload = body
    let finish = { [manager] (verdict: String, reason: String?, response: Response) in
      delivery.verdict = verdict
      delivery.reason = reason
      manager.record(delivery)
      answer(response)
    }
    switch WebhookTriage(webhook, WebhookBody(body), for: known.projects(of: manager.projects)) {
    case .pong: finish("pong", nil, .json(200, ["status": "pong"]))
    case .ignore(let reason): finish("ignored", reason, DeployAnswer.ignored(reason))
    case .invalid(let message): finish("invalid", message, .error(400, message))
    case .deploy(let wishes):
      if let mode = wishes.lazy.compactMap(\.request.mode).first(where: { $0 != "fast" }) {
        let message = "mode \(mode) is not known; it may be fast"
        return finish("invalid", message, .error(400, message))
      }
      order(wishes, webhook) { wish, first, all in
        delivery.project = wish.project
        delivery.deployment = first.deployment
        finish(first.word, first.reason, DeployAnswer.response(to: first, all: all))
      }
    }
  }

  /// Tells the answer that says most, and the deployments that were queued or are held: whoever waits for them must
  /// not take a push that one of two projects refuses for done.
  private func order(
    _ wishes: [WebhookTriage.Wish], _ webhook: WebhookRequest,
    _ answer: @escaping @MainLoop (WebhookTriage.Wish, OrderAnswer, [Int64]) -> Void
  ) {
    var answers: [(wish: WebhookTriage.Wish, answer: OrderAnswer)] = []
    for wish in wishes {
      manager.order(order(wish.request, webhook), for: wish.project) { result in
        answers.append((wish, result))
        guard answers.count == wishes.count else { return }
        let all = answers.compactMap { pair -> Int64? in
          switch pair.answer {
          case .queued(let id), .held(let id, _): id
          default: nil
          }
        }
        let isQueued = { (answer: OrderAnswer) in if case .queued = answer { true } else { false } }
        guard let told = answers.first(where: { isQueued($0.answer) }) ?? answers.first else { return }
        answer(told.wish, told.answer, all)
      }
    }
  }

  private func order(_ wish: DeployRequest, _ webhook: WebhookRequest) -> DeployOrder {
    let isPush = webhook.event == .push
    var order = DeployOrder(
      trigger: isPush ? "push" : "webhook", actor: wish.actor ?? webhook.provider.rawValue, ref: wish.ref)
    order.commit = wish.commit ?? wish.ref.flatMap { RefName.isCommit($0) ? $0.lowercased() : nil }
    order.before = wish.before
    order.delivery = wish.delivery
    order.author = wish.author
    order.message = wish.message
    order.forced = wish.isForced
    return order
  }
}

extension Delivery {
  package init(_ webhook: WebhookRequest, verdict: String) {
    self.init(
      guid: webhook.delivery ?? Self.number(), provider: webhook.provider.rawValue, event: webhook.eventName,
      verdict: verdict)
  }

  /// For one that came without, so that it can be named.
  private static func number() -> String {
    "local-" + String(UInt64.random(in: .min ... .max), radix: 36)
  }
}

/// What every push is held against, made anew only when it changes: taking an address apart costs more than all the
/// rest of a judgement.
@MainLoop
private final class KnownProjects {
  private var records: [ProjectRecord] = []
  private var projects: [WebhookProject] = []

  func projects(of current: [ProjectRecord]) -> [WebhookProject] {
    if current != records {
      records = current
      projects = current.map(WebhookProject.init)
    }
    return projects
  }
}

extension WebhookProject {
  fileprivate init(_ project: ProjectRecord) {
    self.init(slug: project.slug, repository: project.repository, branch: project.branch)
  }
}
