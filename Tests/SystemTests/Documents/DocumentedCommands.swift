import Foundation
import Testing

/// The commands that the documents show, run as a reader would: in their order, in one checkout or container. What is
/// somebody's own in them (names, numbers, ports) is replaced by what there is here.
@Suite(.fewAtATime)
struct DocumentedCommands {
  @Test func `the commands for a checkout work, from the first start to the last rollback`() async throws {
    try await Checkout.with { checkout in
      let server = try await SSHServer(in: checkout.workspace)
      let app = try await Repository(in: checkout.workspace)
      try await app.commit("1")
      let address = server.address(of: app)
      let replaced = [
        ("git@github.com:you/app.git", address), ("git@github.com:you/shop.git", address),
        ("https://github.com/you/admin.git", address),
        ("localhost:3001", "localhost:\(checkout.controlPort)"),
        ("--port 3002", "--port \(try freePort())"), ("rollback 7", "rollback 1"),
      ]
      for fence in try Fence.all(of: .checkout) {
        try await fence.run(
          replaced, in: checkout.workspace, ["bash"],
          environment: checkout.environment.merging(ConsoleHere.here) { $1 }, directory: checkout.path)
        if fence.text.contains("ssh-keygen") { try server.admit(checkout.path + "/deploy_key") }
        if fence.text.contains("GIT_REPO=") {
          #expect(try await request(port: checkout.port).json["version"].string == "1")
        }
      }
      try await checkout.console("stop", exits: 0)
    }
  }
}

extension Fence {
  func run(
    _ replaced: [(String, String)], in workspace: Workspace, _ shell: [String],
    environment: [String: String], directory: String? = nil
  ) async throws {
    let text = replaced.reduce(text) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
    let finished = try await workspace.attempt(
      shell + ["-euxo", "pipefail", "-c", text], environment: environment, directory: directory)
    #expect(finished.code == 0, "\(self):\n\(text)\n\(finished)")
  }
}
