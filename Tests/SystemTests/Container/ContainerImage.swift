import Foundation
import Testing

/// What is in the image, and what is not.
@Suite(.inContainers, .fewAtATime)
struct ContainerImage {
  @Test func `it is hardly larger than what it cannot do without`() async throws {
    try await Workspace.with { workspace in
      func size(_ image: String) async throws -> Double {
        let text = try await Engine.inspect(image, "{{.Size}}", in: workspace)
        return try #require(Double(text)) / 1_000_000
      }
      let file = try String(contentsOfFile: Toolbox.checkout + "/docker/Dockerfile", encoding: .utf8)
      let debian = try #require(file.firstMatch(of: #/ARG DEBIAN_VERSION=(.+)/#)).1
      let bun = try #require(file.firstMatch(of: #/ARG BUN_VERSION=(.+)/#)).1
      let baseline = try await size("localhost/bascule-baseline:\(debian)-\(bun)")
      let image = try await size(Engine.image)
      print(
        "image \(image) MB; slim Debian, Bun, git and ssh alone \(baseline) MB; ratio \(image / baseline)")
      #expect(image <= 1.35 * baseline)
    }
  }

  @Test func `it says what it is, and how it wants to be run`() async throws {
    try await Workspace.with { workspace in
      func configured(_ format: String) async throws -> String {
        try await Engine.inspect(Engine.image, "{{\(format)}}", in: workspace)
      }
      #expect(try await configured("json .Config.Entrypoint") == #"["bascule"]"#)
      #expect(try await configured("json .Config.Cmd") == #"["run"]"#)
      #expect(try await configured("json .Config.Volumes") == #"{"/app":{}}"#)
      #expect(try await configured("json .Config.ExposedPorts") == #"{"3000/tcp":{},"3001/tcp":{}}"#)
      #expect(try await configured("json .Config.StopSignal") == #""SIGTERM""#)
      #expect(try await configured("json .HealthCheck.Test") == #"["CMD","bascule","health"]"#)
      let labels = try JSON(parsing: try await configured("json .Labels"))
      let version = try #require(labels["org.opencontainers.image.version"].string)
      #expect(labels["org.opencontainers.image.title"].string == "Bascule")
      #expect(labels["org.opencontainers.image.base.name"].string?.hasSuffix("-slim") == true)
      let printed = try await run("version", in: workspace)
      #expect(printed == "bascule \(version)")
    }
  }

  @Test func `nothing of its making is left in it`() async throws {
    try await Workspace.with { workspace in
      let script = """
        ls -A /var/lib/apt/lists /var/cache/apt/archives /src /sample-app /root 2>/dev/null
        for tool in cc gcc swift make node python3; do command -v $tool; done
        for tool in bun bunx git ssh ssh-keygen curl; do command -v $tool >/dev/null || echo "no $tool"; done
        ldd /usr/local/bin/bascule | grep -i 'not found'
        find / -xdev -newer /etc/debian_version -user bun ! -path '/home/bun*' 2>/dev/null
        git --git-dir /usr/share/bascule/sample-app.git log -1 --format=%ci
        """
      let printed = try await run("-c", script, in: workspace, entrypoint: "sh")
      let lines = printed.split(separator: "\n").filter { !$0.hasSuffix(":") }
      #expect(
        lines.filter { !["lock", "partial", ".bashrc", ".profile"].contains($0) } == [
          "2026-01-01 00:00:00 +0000"
        ], "\(printed)")
    }
  }

  private func run(_ arguments: String..., in workspace: Workspace, entrypoint: String? = nil) async throws
    -> String
  {
    let flags = entrypoint.map { ["--entrypoint", $0] } ?? []
    return try await Engine.podman(["run", "--rm"] + flags + [try Engine.image] + arguments, in: workspace)
  }
}
