import Foundation
import Testing

/// The commands of the documents that need a container.
@Suite(.fewAtATime, .inContainers)
struct ContainerDocuments {
  @Test func `the commands for the container work in one`() async throws {
    try await withContainer { container, repository in
      try await repository.commit("2")
      try await container.bascule("deploy")
      let replaced = [
        ("localhost:3001", "localhost:\(container.controlPort)"), ("releases/7", "releases/1"),
        ("releases/3", "releases/2"),
      ]
      for fence in try Fence.all(of: .container) {
        try await fence.run(
          replaced, in: container.workspace,
          ["podman", "exec", "--workdir", "/app", container.name, "bash"], environment: Engine.environment)
      }
    }
  }

  @Test func `the commands for Docker work with Podman under its name`() async throws {
    try await Workspace.with { workspace in
      let name = "bascule-test-\(UUID().uuidString.prefix(8).lowercased())"
      let (port, control) = try (freePort(), freePort())
      let secret = UUID().uuidString
      try workspace.makeFolder("checkout")
      try workspace.write(
        "PORT=\(port)\nCONTROL_PORT=\(control)\nWEBHOOK_SECRET=\(secret)\n", to: "checkout/.env")
      try FileManager.default.createSymbolicLink(
        atPath: workspace.path + "/checkout/docker", withDestinationPath: Toolbox.checkout + "/docker")
      let environment = try Engine.environment.merging([
        "PATH": "\(Toolbox.support)/documents:\(Toolbox.path())", "BASCULE_IMAGE": Engine.image,
      ]) { $1 }
      do {
        for fence in try Fence.all(of: .host) {
          try await fence.run(

            [
              ("--name web", "--name \(name)"), ("web:/app", "\(name):/app"), (" web ", " \(name) "),
              (" web\n", " \(name)\n"),
            ],
            in: workspace, ["bash"], environment: environment, directory: workspace.path + "/checkout")
        }
        try await remove(name, in: workspace)
      } catch {
        try? await remove(name, in: workspace)
        throw error
      }
    }
  }

  private func remove(_ name: String, in workspace: Workspace) async throws {
    try await Engine.podman(["rm", "--force", "--ignore", "--time", "0", name], in: workspace)
    try await Engine.podman(["volume", "rm", "--force", name], in: workspace)
  }
}
