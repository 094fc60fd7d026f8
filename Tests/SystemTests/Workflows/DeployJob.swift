import Foundation

/// The job of deploy.yml, as it runs for one push or for one press of the button.
struct DeployJob {
  var commit: String
  var event = "push"
  var ref = "refs/heads/main"
  var number = 1000
  var attempt = 1
  var secret = Webhook.secret
  /// nil: the manager's control port.
  var url: String?
  var forced = false
  /// How long a release that has just become live is watched.
  var watchTime = 0
  var path: String?

  func run(_ manager: Manager) async throws -> Workflow.Run {
    let workspace = manager.workspace
    let push = Webhook.Push(ref: ref, after: commit, forced: forced)
    let payload = workspace.fresh("files")
    // As the runner writes it: the same members, but not the same bytes.
    try JSONSerialization.data(
      withJSONObject: JSONSerialization.jsonObject(with: push.body), options: [.prettyPrinted, .sortedKeys]
    ).write(to: URL(filePath: payload))
    return try await Workflow("deploy.yml", in: workspace).run(
      "deploy",
      context: [
        "secrets.DEPLOY_URL": url ?? "http://127.0.0.1:\(manager.controlPort)/",
        "secrets.WEBHOOK_SECRET": secret,
      ],
      environment: [
        "GITHUB_SHA": commit, "GITHUB_REF": ref,
        "GITHUB_REF_NAME": String(ref.dropFirst("refs/heads/".count)),
        "GITHUB_EVENT_NAME": event, "GITHUB_EVENT_PATH": payload, "GITHUB_RUN_ID": "\(number)",
        "GITHUB_RUN_ATTEMPT": "\(attempt)", "WATCH_TIME": "\(watchTime)",
      ],
      path: path)
  }
}
