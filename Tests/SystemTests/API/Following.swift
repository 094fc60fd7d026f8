import Foundation
import Testing

/// EventSource clients that others wrote, from PyPI, each dropping its connection again and again.
@Suite(.fewAtATime)
struct Following {
  private static let lines = 100_000

  private func follow(
    _ client: String, _ id: Int, _ manager: Manager, _ token: String, seed: Int
  ) throws -> Child {
    try Child.start(
      ["python3", Toolbox.support + "/sse/follow.py", client, stream(of: id, manager), "\(seed)"],
      in: manager.workspace,
      environment: [
        "BASCULE_TOKEN": token, "PYTHONPATH": try Toolbox.sseClients, "PYTHONDONTWRITEBYTECODE": "1",
        "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
      ])
  }

  private func stream(of id: Int, _ manager: Manager) -> String {
    "http://localhost:\(manager.controlPort)/api/deployments/\(id)/stream"
  }

  @Test func `whoever drops and resumes misses nothing and sees nothing twice`() async throws {
    try await withLiveApp { manager, repository in
      let token = try await manager.admin()
      let folder = manager.workspace.path
      // In bursts, so that there is a live end to wait at.
      try await repository.commit(
        "2",
        build: """
          while ! test -e \(folder)/go; do sleep 0.05; done
          for n in $(seq 0 1000 \(Self.lines - 1)); do seq $((n + 1)) $((n + 1000)); sleep 0.02; done
          """)
      let queued = try await manager.bascule("deploy", "--background", "--json", exits: 0)
      let id = try #require(try JSON(parsing: queued.output)["deployment"].int)
      var clients: [(name: String, child: Child)] = []
      for (seed, name) in ["httpx-sse", "sseclient-py", "httpx-sse", "sseclient-py"].enumerated() {
        clients.append((name, try follow(name, id, manager, token, seed: seed)))
      }
      _ = FileManager.default.createFile(atPath: folder + "/go", contents: nil)
      #expect(try await manager.outcome(of: id, token) == "success")
      // The fifth comes when everything is over.
      clients.append(("httpx-sse", try follow("httpx-sse", id, manager, token, seed: 4)))
      let recorded = try await request(
        "GET", "/api/deployments/\(id)/log", port: manager.controlPort,
        headers: ["Authorization": "Bearer \(token)", "Accept": "application/x-ndjson"])
      #expect(recorded.body.count { $0 == 10 } > Self.lines)
      for (name, child) in clients {
        #expect(try await child.ended() == 0, "\(name): \(child.errors)")
        // Not as an expectation: nobody can read a hundred thousand lines twice.
        let same = child.output == recorded.text
        #expect(same, "\(name) saw \(child.output.count) characters of \(recorded.text.count)")
        let connections = Int(child.errors.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
        #expect(connections > 5, "\(name): \(child.errors)")
      }
      let numbers = recorded.text.split(separator: "\n").compactMap { line -> Int? in
        guard let start = line.range(of: "\"message\":\"")?.upperBound else { return nil }
        return Int(line[start...].prefix { $0 != "\"" })
      }
      let isWhole = numbers == Array(1...Self.lines)
      #expect(isWhole)
    }
  }

  @Test func `a reader that stops reading holds up nobody, and gets the rest when it goes on`() async throws {
    try await withLiveApp { manager, repository in
      let token = try await manager.admin()
      let gate = manager.workspace.path + "/go"
      try await repository.commit(
        "2", build: "echo begun; while ! test -e \(gate); do sleep 0.05; done; seq \(Self.lines)")
      let queued = try await manager.bascule("deploy", "--background", "--json", exits: 0)
      let id = try #require(try JSON(parsing: queued.output)["deployment"].int)
      let reader = try Child.start(
        ["curl", "-sS", "-N", "-H", "Authorization: Bearer \(token)", stream(of: id, manager)],
        in: manager.workspace)
      try await manager.whileRunning("it reads") { reader.output.contains("\"begun\"") }
      try await reader.signal(SIGSTOP)
      _ = FileManager.default.createFile(atPath: gate, contents: nil)
      #expect(try await manager.outcome(of: id, token) == "success")
      try await manager.deploy(repository.commit("3"), serving: "3")
      try await reader.signal(SIGCONT)
      #expect(try await reader.ended() == 0, "\(reader.errors)")
      let seen = reader.output.split(separator: "\n").filter { $0.hasPrefix("data: ") }.map {
        $0.dropFirst(6)
      }
      let recorded = try await request(
        "GET", "/api/deployments/\(id)/log", port: manager.controlPort,
        headers: ["Authorization": "Bearer \(token)", "Accept": "application/x-ndjson"])
      let same = seen == recorded.text.split(separator: "\n")
      #expect(same, "\(seen.count) events")
    }
  }
}
