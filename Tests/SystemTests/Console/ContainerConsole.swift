import Foundation
import Testing

/// `./console` with a real engine: the image built from the checkout, run, changed, ended.
@Suite(.fewAtATime, .inContainers)
struct ContainerConsole {
  @Test func `from a bare checkout to a live app in a container, a change, back again, and the end`()
    async throws
  {
    try await withPodman { checkout, settings in
      try checkout.write("s3cret-of-the-hook\n", to: "webhook.secret")
      try checkout.write("WEBHOOK_SECRET_FILE=webhook.secret\nGREETING=hello\n", to: ".env")
      let started = try await checkout.console("start", with: settings, exits: 0)
      let name = try #require(settings["BASCULE_NAME"])
      for part in [
        "http://localhost:\(checkout.port)", "http://localhost:\(checkout.controlPort)",
        "podman exec \(name) cat /app/shared/admin.password",
        "Next: change and commit something in .local/sample-repo", "Release 1 is live",
      ] { #expect(started.output.contains(part), "\(started)") }
      #expect(try await release(checkout) == "1")
      let inside = try await Engine.podman(["exec", name, "env"], in: checkout.workspace)
      #expect(inside.contains("GREETING=hello"))
      let command = try await Engine.podman(
        ["inspect", "--format", "{{json .Config.CreateCommand}}", name], in: checkout.workspace)
      #expect(!command.contains("hello") && !command.contains("s3cret"))

      let again = try await checkout.console("start", with: settings, exits: 0)
      #expect(again.output.contains("runs already (podman)"), "\(again)")

      let changed = checkout.text(".local/sample-repo/index.ts")
        .replacingOccurrences(of: "It is live.", with: "It is changed.")
      try checkout.write(changed, to: ".local/sample-repo/index.ts")
      try await checkout.workspace.run([
        "git", "-C", checkout.sample, "commit", "--quiet", "-am", "Change it",
      ])
      try await checkout.console("deploy", with: settings, exits: 0)
      #expect(try await request(port: checkout.port).text.contains("It is changed."))
      #expect(try await checkout.console("releases", with: settings, exits: 0).output.contains("Change it"))
      try await checkout.console("rollback", with: settings, exits: 0)
      #expect(try await request(port: checkout.port).text.contains("It is live."))
      #expect(try await checkout.console("rollback", "99", with: settings).code == 1)
      #expect(
        try await checkout.console("status", "--json", with: settings, exits: 0).output.contains("running"))
      let token = try await checkout.console("token", "--sub", "me", with: settings, exits: 0)
      #expect(token.output.hasPrefix("eyJ"), "\(token)")
      #expect(
        try await checkout.console("logs", with: settings, exits: 0).output.contains("Release 2 is live"))
      #expect(
        try await checkout.console("logs", "2", with: settings, exits: 0).output.contains("Release 2 is live")
      )

      try await checkout.console("stop", with: settings, exits: 0)
      let code = try await Engine.podman(
        ["inspect", "--format", "{{.State.ExitCode}}", name], in: checkout.workspace)
      #expect(code == "0")
      #expect(try await checkout.console("status", with: settings).code == 69)
      #expect(try await checkout.console("logs", with: settings, exits: 0).output.contains("stopped"))
      // On the same volume, where what was rolled back to is live.
      try await checkout.console("start", with: settings, exits: 0)
      #expect(try await release(checkout) == "1")
      try await checkout.console("restart", with: settings, exits: 0)
      #expect(try await release(checkout) == "1")
      try await checkout.console("stop", with: settings, exits: 0)
    }
  }

  @Test func `a container that ends at once shows why, and the next start replaces it`() async throws {
    try await withPodman { checkout, settings in
      try checkout.write("KEEP_RELEASES=0\n", to: ".env")
      let started = try await checkout.console("start", with: settings)
      #expect(started.code == 1)
      #expect((started.output + started.errors).contains("KEEP_RELEASES holds \"0\""), "\(started)")
      #expect(started.errors.contains("Bascule ended"), "\(started)")
      try checkout.write("KEEP_RELEASES=2\n", to: ".env")
      try await checkout.console("start", with: settings, exits: 0)
      #expect(try await release(checkout) == "1")
    }
  }

  /// A checkout with all that the image is made of. Tests/Support/images has built just that: every layer is there.
  private func withPodman(_ body: (Checkout, [String: String]) async throws -> Void) async throws {
    try await Checkout.with { checkout in
      let name = "bascule-console-\(UUID().uuidString.prefix(8).lowercased())"
      for entry in ["Package.swift", "Sources", "entrypoint", "docker", ".dockerignore"] {
        try? FileManager.default.removeItem(atPath: "\(checkout.path)/\(entry)")
        try await checkout.workspace.run(["cp", "-R", "\(Toolbox.checkout)/\(entry)", checkout.path])
      }
      // As Support/images builds: what this machine may need is not what is tested here.
      let settings = ["BASCULE_ENGINE": "podman", "BASCULE_NAME": name, "BUILDAH_ISOLATION": "chroot"]
        .merging(try Engine.environment) { $1 }
      func clean() async throws {
        try await Engine.podman(["rm", "--force", "--ignore", "--time", "0", name], in: checkout.workspace)
        try await Engine.podman(["volume", "rm", "--force", name], in: checkout.workspace)
      }
      do { try await body(checkout, settings) } catch {
        try? await clean()
        throw error
      }
      try await clean()
    }
  }

  private func release(_ checkout: Checkout) async throws -> String {
    try await request("GET", "/up", port: checkout.port).json["release"].string ?? ""
  }
}
