import Foundation
import Testing

/// The workflow that publishes the image, with a docker that only writes down what it is asked.
@Suite(.fewAtATime)
struct ImageWorkflow {
  private static let commit = "0123456789abcdef0123456789abcdef01234567"
  private static let token = "the token of the registry"

  private static func run(
    _ job: String, in workspace: Workspace, ref: String, event: String = "push",
    repository: String = "Acme/Bascule", architecture: String = "arm64"
  ) async throws -> (run: Workflow.Run, commands: [String]) {
    try workspace.makeFolder("tools")
    try workspace.write(
      """
      #!/bin/sh
      printf '%s\\n' "docker $*" >>\(workspace.path)/commands
      case $1 in login) cat >>\(workspace.path)/passwords ;; esac
      """, to: "tools/docker", mode: 0o755)
    try workspace.write("", to: "commands")
    let run = try await Workflow("image.yml", in: workspace).run(
      job,
      context: ["github.event_name": event, "github.token": token, "matrix.architecture": architecture],
      environment: [
        "GITHUB_SHA": commit, "GITHUB_REF": ref, "GITHUB_EVENT_NAME": event, "GITHUB_ACTOR": "ada",
        "GITHUB_REF_NAME": ref.replacing("refs/heads/", with: "").replacing("refs/pull/", with: ""),
        "GITHUB_REPOSITORY": repository, "GITHUB_SERVER_URL": "https://github.com",
      ],
      path: "\(workspace.path)/tools:\(Toolbox.path())")
    let commands = try String(contentsOfFile: workspace.path + "/commands", encoding: .utf8)
    return (run, commands.split(separator: "\n").map(String.init))
  }

  @Test(arguments: [
    ("main", ["sha-0123456", "main", "latest"]),
    ("module/products", ["sha-0123456", "module-products"]),
    ("module/Ünïque #1", ["sha-0123456", "module---n--que--1"]),
    ("module/a+b@c~d", ["sha-0123456", "module-a-b-c-d"]),
    ("module/v1.2_rc-3", ["sha-0123456", "module-v1.2_rc-3"]),
    ("-main", ["sha-0123456", "_-main"]),
    (
      "module/" + String(repeating: "x", count: 200),
      ["sha-0123456", "module-" + String(repeating: "x", count: 121)]
    ),
  ])
  func `a branch names the tags`(branch: String, tags: [String]) async throws {
    for locale in ["C", "C.UTF-8"] {
      try await Workspace.with { workspace in
        let (run, commands) = try await Self.run("publish", in: workspace, ref: "refs/heads/" + branch)
        #expect(run.code == 0, "\(run)")
        #expect(run.context["steps.tags.outputs.tags"] == tags.joined(separator: " "), "\(locale)")
        for tag in tags {
          #expect(tag.wholeMatch(of: /[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}/) != nil, "\(tag)")
        }
        let named = tags.map { "--tag ghcr.io/acme/bascule:\($0) " }.joined()
        let built = "ghcr.io/acme/bascule:sha-0123456"
        #expect(commands.contains("docker buildx imagetools create \(named)\(built)-amd64 \(built)-arm64"))
      }
    }
  }

  @Test func `a push builds, tries and pushes the image of its machine`() async throws {
    try await Workspace.with { workspace in
      let (run, commands) = try await Self.run("build", in: workspace, ref: "refs/heads/main")
      #expect(run.code == 0, "\(run)")
      #expect(run.steps == ["Build", "Push"])
      #expect(
        commands == [
          "docker build --file docker/Dockerfile --build-arg REVISION=\(Self.commit) --tag bascule"
            + " --label org.opencontainers.image.source=https://github.com/Acme/Bascule .",
          "docker run --rm bascule version",
          "docker login ghcr.io --username ada --password-stdin",
          "docker tag bascule ghcr.io/acme/bascule:sha-0123456-arm64",
          "docker push ghcr.io/acme/bascule:sha-0123456-arm64",
        ])
      let passwords = try String(contentsOfFile: workspace.path + "/passwords", encoding: .utf8)
      #expect(passwords == Self.token + "\n")
      #expect(!run.output.contains(Self.token))
    }
  }

  @Test func `a pull request builds and pushes nothing`() async throws {
    try await Workspace.with { workspace in
      let (run, commands) = try await Self.run(
        "build", in: workspace, ref: "refs/pull/7/merge", event: "pull_request")
      #expect(run.steps == ["Build"])
      #expect(commands.map { $0.split(separator: " ")[1] } == ["build", "run"])
    }
  }
}
