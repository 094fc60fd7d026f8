/// A manager with version 1 of the app live, from a local repository.
func withLiveApp(
  _ settings: [String: String] = [:], start: String = "bun index.ts",
  _ body: (Manager, Repository) async throws -> Void
) async throws {
  try await Workspace.with { workspace in
    let repository = try await Repository(in: workspace)
    try await repository.commit("1", start: start)
    let manager = try await Manager.start(
      in: workspace, ["GIT_REPO": repository.path].merging(settings) { $1 })
    try await manager.untilServes("1")
    try await manager.untilIdle()
    try await body(manager, repository)
  }
}
