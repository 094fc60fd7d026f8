import Foundation
import Testing

/// kill -9 in the middle of a project's removal, at moments half of BASCULE_KILLS.
@Suite(.fewAtATime)
struct RemovalKilled {
  @Test func `a project is there as a whole or gone as a whole`() async throws {
    let kills = max(2, Toolbox.limit("BASCULE_KILLS", otherwise: 6) / 2)
    try await withLiveApp { first, repository in
      let other = try await Repository(in: first.workspace, named: "other")
      try await other.commit("v1")
      let token = try await first.admin()
      var manager = first
      for _ in 0..<kills {
        if try await manager.state(of: "valentine") == nil {
          try await manager.bascule(
            "projects", "add", "valentine", other.path, "--host", "valentine.test", exits: 0)
        }
        try await manager.untilServes("v1", host: "valentine.test")
        try await manager.untilIdle(of: "valentine")
        let id = try #require(try await manager.status(of: "valentine")["last"]["id"].int)
        _ = try Child.start(
          [Toolbox.bascule, "projects", "remove", "valentine"], in: manager.workspace,
          environment: ["APP_ROOT": manager.root])
        try await Task.sleep(for: .microseconds(Int.random(in: 0...50_000)))
        try await manager.kill9()
        manager = try await manager.again(["GIT_REPO": repository.path])
        try await manager.untilServes("1")
        let folder = manager.root + "/projects/valentine"
        if try await manager.state(of: "valentine") != nil {
          try await manager.untilServes("v1", host: "valentine.test")
          #expect(try await manager.deployment(id, token)["project"].string == "valentine")
        } else {
          try await manager.whileRunning("its folder is gone") {
            !FileManager.default.fileExists(atPath: folder)
          }
          #expect(try await manager.api("/api/deployments/\(id)", token: token).status == 404)
          try await manager.whileRunning("its log is gone") {
            try FileManager.default.contentsOfDirectory(atPath: manager.root + "/shared/logs")
              .allSatisfy { $0.prefix { $0.isNumber } != "\(id)" }
          }
        }
      }
    }
  }
}
