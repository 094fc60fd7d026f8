import Foundation
import Testing

/// Everything at once, for BASCULE_SOAK seconds, by the program with which `./console bench soak` does it for longer.
@Suite(.fewAtATime)
struct Soak {
  @Test func `load, deployments and crashes cost no answer and leave nothing behind`() async throws {
    try Toolbox.requireRoot(for: "a PID namespace")
    let seconds = Toolbox.limit("BASCULE_SOAK", otherwise: 120)
    let python = try Toolbox.find("python3", package: "python3")
    _ = try Toolbox.find("cc", package: "gcc")
    try await Workspace.with { workspace in
      // A copy, by whose path it is found among the processes. What this process writes may not be executed as long as
      // a child of another test has it open.
      try await workspace.run(["cp", try Toolbox.bascule, workspace.path + "/bascule"])
      let soak = try Child.start(
        [python, "-B", Toolbox.checkout + "/Benchmarks/bench/soak.py", workspace.path], in: workspace,
        environment: [
          "BENCH_SCRATCH": workspace.path, "BENCH_SOAK": "\(seconds)",
          "BENCH_SANITIZED": slowness > 1 ? "yes" : "",
        ])
      let code = try await soak.ended(within: .seconds(seconds + 300 * slowness))
      #expect(code == 0, "\(soak.output)\(soak.errors)")
    }
  }
}
