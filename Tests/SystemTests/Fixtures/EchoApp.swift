/// A front before Support/echo in a real Bun.
func withEchoApp(
  _ options: [String] = [], environment: [String: String] = [:],
  _ body: (FrontProcess) async throws -> Void
) async throws {
  try await Workspace.with { workspace in
    let port = try freePort()
    let app = try Child.start(
      ["bun", Toolbox.support + "/echo/index.ts"], in: workspace,
      environment: environment.merging(["PORT": "\(port)"]) { $1 })
    try await eventually("the app listens\n\(app.errors)") { (try? rawClient(port: port)) != nil }
    let front = try await FrontProcess.start(in: workspace, upstream: "127.0.0.1:\(port)", options)
    try await body(front)
    if let code = front.process.exitCode, code != 0 {
      throw Failure("The front ended with \(code) meanwhile: \(front.process.errors.suffix(4000))")
    }
  }
}
