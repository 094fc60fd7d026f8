import JSON

extension ApiSchemas {
  static let projects: [(String, JSONValue)] = [
    ("Project", project),
    ("ProjectList", page(of: "Project")),
    ("ProjectAnswer", closed([("status", text), ("project", text)])),
    ("Release", release),
    ("ReleaseList", page(of: "Release")),
    ("Hold", closed([("reason", text), ("owner", text), ("at", time)])),
    ("Status", status),
    ("HoldAnswer", closed([("status", choice("locked", "maintenance", "open"))])),
    (
      "LiftAnswer",
      closed([("status", choice("unlocked", "resumed")), ("skipped", list(of: reference("Deployment")))])
    ),
    (
      "RollbackAnswer",
      open([("status", text), ("release", number)], optional: [("commit", textOrNull)])
    ),
  ]

  private static let project = closed([
    ("slug", text), ("repository", text), ("branch", text), ("owner", textOrNull), ("port", numberOrNull),
    ("hosts", list(of: text)), ("healthPath", textOrNull), ("installCommand", textOrNull),
    ("buildCommand", textOrNull), ("releaseCommand", textOrNull), ("startCommand", textOrNull),
    ("state", choice("pending", "building", "running", "error")),
  ])

  private static let release = closed([
    ("number", number), ("commit", textOrNull), ("message", textOrNull), ("author", textOrNull),
    ("createdAt", time), ("sizeBytes", numberOrNull), ("state", text), ("live", flag), ("warm", flag),
  ])

  private static let live = open(
    [("release", number), ("since", time), ("pid", number), ("memoryBytes", number), ("restarts", number)],
    optional: [("commit", textOrNull)])

  /// May grow.
  private static let status = open([
    ("project", text), ("state", choice("pending", "building", "running", "error")), ("live", orNull(live)),
    ("current", orNull(reference("Deployment"))), ("queue", list(of: ["type": "object"])),
    ("last", orNull(reference("Deployment"))), ("lock", orNull(reference("Hold"))),
    ("paused", orNull(reference("Hold"))), ("maintenance", orNull(reference("Hold"))),
  ])
}
