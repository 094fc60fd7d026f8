enum ChildEnvironment {
  static let secretNames = [
    "GIT_SSH_KEY", "GIT_TOKEN", "WEBHOOK_SECRET", "JWT_SECRET", "ADMIN_PASSWORD", "METRICS_TOKEN", "SMTP_URL",
    "SLACK_WEBHOOK_URL", "DISCORD_WEBHOOK_URL", "NOTIFY_WEBHOOK_URL", "NOTIFY_WEBHOOK_SECRET",
    "GITHUB_TOKEN", "DOKPLOY_WEBHOOK_SECRET",
  ]

  /// BUN_PORT would win over the PORT that a release is given.
  static func make(from environment: [String: String], repository: Repository) -> [String: String] {
    var result = environment
    result["BUN_PORT"] = nil
    for name in secretNames {
      result[name] = nil
      result[name + "_FILE"] = nil
    }
    if result["GIT_REPO"] != nil { result["GIT_REPO"] = repository.address }
    return result
  }
}
