import Foundation
import Testing

/// Tests/Support/check-files says that the workflows, the compose file and the Dockerfile are in order; here it shows
/// that it would notice.
@Suite(.fewAtATime)
struct FileCheck {
  private static func check(_ checkout: String, in workspace: Workspace, _ settings: [String: String] = [:])
    async throws -> Finished
  {
    let tools = try [
      "BASCULE_HADOLINT": Toolbox.hadolint, "BASCULE_CHECK_JSONSCHEMA": Toolbox.checkJSONSchema,
    ]
    return try await workspace.attempt(
      [Toolbox.support + "/check-files", checkout], environment: tools.merging(settings) { $1 })
  }

  private static let workflow = """
    on: push
    jobs:
      job:
        runs-on: ubuntu-24.04
        steps:
          - run: echo "${{ github.ref }}"

    """
  private static let compose = "services: {app: {image: bascule, ports: ['3000:3000']}}\n"
  private static let dockerfile = """
    FROM docker.io/library/debian:12.15-slim
    CMD ["true"]

    """

  private static func checkout(_ files: [String: String], in workspace: Workspace) throws -> String {
    let good = [
      ".github/workflows/a.yml": workflow, "docker/compose.yaml": compose, "docker/Dockerfile": dockerfile,
    ]
    for (name, text) in good.merging(files, uniquingKeysWith: { $1 }) {
      try workspace.makeFolder("checkout/" + (name as NSString).deletingLastPathComponent)
      try workspace.write(text, to: "checkout/" + name)
    }
    return workspace.path + "/checkout"
  }

  @Test func `the files of this repository are in order`() async throws {
    try await Workspace.with { workspace in
      let finished = try await Self.check(Toolbox.checkout, in: workspace)
      #expect(finished.code == 0, "\(finished)")
    }
  }

  @Test func `good files pass, with or without those of Docker`() async throws {
    try await Workspace.with { workspace in
      let checkout = try Self.checkout([:], in: workspace)
      let finished = try await Self.check(checkout, in: workspace)
      #expect(finished.code == 0, "\(finished)")
      try FileManager.default.removeItem(atPath: checkout + "/docker")
      #expect(try await Self.check(checkout, in: workspace).code == 0)
    }
  }

  @Test(arguments: [
    (".github/workflows/b.yml", "on: push\njobs: {job: {steps: []}}\n", "github-workflows"),
    (".github/workflows/b.yml", workflow.replacing("runs-on", with: "run-on"), "github-workflows"),
    (".github/workflows/b.yml", workflow.replacing("echo", with: "|\n          cd a; echo $HOME"), "SC2086"),
    (".github/workflows/b.yml", workflow.replacing("echo", with: "if"), "shellcheck"),
    (".github/workflows/b.yml", workflow + "        shell: fish\n", "fish"),
    (".github/workflows/b.yml", "on: [push\n", "github-workflows"),
    ("docker/compose.yaml", "services: {app: {image: bascule, port: 3000}}\n", "compose-spec"),
    ("docker/Dockerfile", "FROM debian:latest\nCMD true\n", "hadolint"),
    ("docker/Dockerfile", "FRM debian\n", "hadolint"),
  ])
  func `a bad file is refused, and named`(name: String, text: String, word: String) async throws {
    try await Workspace.with { workspace in
      let finished = try await Self.check(Self.checkout([name: text], in: workspace), in: workspace)
      #expect(finished.code == 1, "\(finished)")
      #expect(finished.description.contains(word), "\(finished)")
      #expect(finished.description.contains((name as NSString).lastPathComponent), "\(finished)")
    }
  }

  @Test func `a missing tool fails, with a sentence`() async throws {
    try await Workspace.with { workspace in
      let checkout = try Self.checkout([:], in: workspace)
      for name in ["BASCULE_HADOLINT", "BASCULE_CHECK_JSONSCHEMA"] {
        for value in ["", "/nowhere"] {
          let finished = try await Self.check(checkout, in: workspace, [name: value])
          #expect(finished.code == 1)
          #expect(finished.errors.contains(name) && finished.errors.contains("./console test"), "\(finished)")
        }
      }
      try FileManager.default.removeItem(atPath: checkout + "/.github")
      #expect(try await Self.check(checkout, in: workspace).errors.contains("there are no workflows"))
    }
  }
}
