import Foundation
import Testing

/// The wall clock jumps. That of the machine belongs to others too: the manager and all below it are shown another.
@Suite(.fewAtATime)
struct FaultClock {
  @Test func `the clock jumps forward and back, idle, in a deployment and at a crash`() async throws {
    try await Workspace.with { workspace in
      guard
        let library = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"]
          .map({ $0 + "/faketime/libfaketimeMT.so.1" }).first(where: {
            FileManager.default.fileExists(atPath: $0)
          })
      else { throw Failure("libfaketimeMT.so.1 is missing. Install it with: apt-get install libfaketime") }
      let repository = try await Repository(in: workspace)
      try await repository.commit("1")
      let clock = try workspace.write("+0\n", to: "clock")
      let manager = try await Manager.start(
        in: workspace,
        [
          "GIT_REPO": repository.path, "LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": clock,
          "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "KEEP_LOG_DAYS": "90",
        ])
      try await manager.untilServes("1")
      try await manager.untilIdle()
      var served = "1"
      for (name, jump) in [("a year forward", "+365d"), ("two years back", "-365d")] {
        (_, served) = try await Sweep.check("the clock jumps \(name)", repository) {
          let told = manager.listening()
          try workspace.write(jump + "\n", to: "clock")
          return Sweep.Aftermath(
            manager: manager, proof: try await seen(manager, told), serving: [served],
            says: ["the clock was set", "day"],
            told: told)
        }
      }
      for (name, jump) in [("forward in a deployment", "+30d"), ("back in a deployment", "-30d")] {
        (_, served) = try await Sweep.check("the clock jumps \(name)", repository) {
          let version = Sweep.version()
          let commit = try await repository.commit(version, build: "sleep 0.5")
          let told = manager.listening()
          let id = try await manager.push(commit)
          try await manager.until("deploy #\(id) | $ bun run build", in: told)
          try workspace.write(jump + "\n", to: "clock")
          try await manager.untilIdle()
          let last = try await manager.status()["last"]
          let phases = try await manager.deployment(id, manager.admin())["phases"].list.compactMap {
            $0["durationMs"].int
          }
          guard phases.count == 4, phases.allSatisfy({ (0..<60_000).contains($0) }),
            last["state"].string == "success"
          else {
            throw Failure("phases of \(phases) ms: \(last)")
          }
          return Sweep.Aftermath(
            manager: manager, proof: try await seen(manager, told), serving: [version],
            says: ["the clock was set"], told: told)
        }
      }
      for (name, jump) in [("forward before a crash", "+60d"), ("back before a crash", "-60d")] {
        (_, served) = try await Sweep.check("the clock jumps \(name)", repository) {
          // Before, a crash means a way back.
          try await eventually("the live release is no longer on trial") {
            try await manager.json("releases")["items"].list.count { $0["warm"].bool == true } == 1
          }
          let told = manager.listening()
          try workspace.write(jump + "\n", to: "clock")
          let proof = try await seen(manager, told)
          let app = try await manager.appProcess()
          kill(app, SIGKILL)
          try await manager.until("ended by itself after", in: told)
          let line =
            try await told().split(separator: "\n").first { $0.contains("ended by itself after") } ?? ""
          // Its life by a clock that does not jump.
          guard !line.contains("after -"),
            !line.split(separator: " ").contains(where: {
              (Int($0) ?? 0) > 1000 && line.contains("\($0) min")
            })
          else { throw Failure(String(line)) }
          return Sweep.Aftermath(
            manager: manager, proof: proof, serving: [served], says: ["ended by itself after"], told: told)
        }
      }
    }
  }

  /// The time at the beginning of what the manager says next.
  private func seen(_ manager: Manager, _ told: () async throws -> String) async throws -> String {
    try await manager.until("the clock was set", in: told)
    let line = try await told().split(separator: "\n").first { $0.contains("the clock was set") } ?? ""
    return "the log's time is now \(line.prefix(10))"
  }
}
