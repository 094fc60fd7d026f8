import Foundation
import Testing

/// A build that prints a million lines.
@Suite(.fewAtATime)
struct LongBuild {
  private static let count = Toolbox.limit("BASCULE_LINES", otherwise: 1_000_000)
  /// Of `line N` in whatever comes, the numbers.
  private static let numbers =
    "sed -n 's/^\\(data: .*\"message\":\"\\|\\)line \\([0-9]*\\)\\(\".*\\|\\)$/\\2/p'"

  @Test func `a million lines cost no memory, and every one is kept and told in order`() async throws {
    try await withLiveApp { manager, repository in
      let pid = try await manager.pid()
      let token = try await manager.admin()
      let folder = manager.workspace.path
      try await repository.commit(
        "2", build: "while ! test -e \(folder)/go; do sleep 0.05; done; seq -f 'line %.0f' \(Self.count)")
      let queued = try await manager.bascule("deploy", "--background", "--json", exits: 0)
      let id = try #require(try JSON(parsing: queued.output)["deployment"].int)
      let base = "http://localhost:\(manager.controlPort)/api/deployments/\(id)"
      let curl = "curl -sS -N -H 'Authorization: Bearer \(token)'"
      let follower = try Child.start(
        ["sh", "-c", "\(curl) \(base)/stream | \(Self.numbers) > \(folder)/followed"],
        in: manager.workspace)
      try await manager.whileRunning("it builds") { try await manager.status()["state"].string == "building" }

      // The peak is counted from here on.
      try "5".write(toFile: "/proc/\(pid)/clear_refs", atomically: false, encoding: .utf8)
      let idle = try #require(Procfs.status(pid, "VmRSS"))
      _ = FileManager.default.createFile(atPath: folder + "/go", contents: nil)
      #expect(try await manager.outcome(of: id, token) == "success")
      #expect(try await follower.ended() == 0, "\(follower.errors)")
      let workspace = manager.workspace
      try await workspace.run(
        ["sh", "-c", "\(curl) \(base)/log | \(Self.numbers) > \(folder)/downloaded"])
      try await workspace.run(["sh", "-c", "seq \(Self.count) > \(folder)/expected"])
      for name in ["followed", "downloaded"] {
        let same = try await workspace.attempt(["cmp", "\(folder)/expected", "\(folder)/\(name)"])
        #expect(same.code == 0, "\(name): \(same)")
      }
      let peak = try #require(Procfs.status(pid, "VmHWM"))
      #expect(peak - idle <= 20 << 10, "\(idle) kB when idle, \(peak) kB at most")
      try await manager.untilServes("2")
    }
  }
}
