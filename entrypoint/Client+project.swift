import HTTP

extension Client {
  /// The routes of the project that --project names, else of `main`.
  static func route(_ arguments: Arguments, _ action: String) -> String {
    route(arguments["--project"] ?? "main", action)
  }

  static func route(_ slug: String, _ action: String) -> String {
    "/api/projects/\(Percent.encode(slug))/\(action)"
  }
}
