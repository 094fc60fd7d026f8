import JSON

extension ApiSchemas {
  static let deployments: [(String, JSONValue)] = [
    ("Deployment", closed(deployment)),
    ("DeploymentList", page(of: "Deployment")),
    ("ActiveDeployment", closed(deployment + [("position", number)])),
    ("ActiveList", page(of: "ActiveDeployment")),
    (
      "DeployAnswer",
      open(
        [("status", choice("queued", "duplicate", "ignored", "pong"))],
        optional: [("deployment", number), ("reason", text)])
    ),
    ("CancelAnswer", closed([("status", choice("canceling")), ("deployment", number)])),
  ]

  private static let deployment: [(String, JSONValue)] = [
    ("id", number), ("project", text),
    (
      "state",
      choice(
        "queued", "building", "deploying", "success", "failed", "canceled", "superseded", "skipped",
        "interrupted", "rolled_back")
    ),
    ("mode", text), ("trigger", text), ("actor", text), ("ref", text), ("commit", textOrNull),
    ("message", textOrNull), ("author", textOrNull), ("release", numberOrNull), ("replaces", numberOrNull),
    ("queuedAt", time), ("startedAt", timeOrNull), ("finishedAt", timeOrNull), ("durationMs", numberOrNull),
    ("phases", list(of: closed([("name", text), ("durationMs", number)]))), ("exitCode", numberOrNull),
    ("error", textOrNull),
  ]
}
