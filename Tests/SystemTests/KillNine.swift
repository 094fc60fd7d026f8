import Foundation
import Testing

/// kill -9 of the manager at random moments of a deployment: BASCULE_KILLS of them.
@Suite(.fewAtATime)
struct KillNine {
  @Test func `whenever it is killed, a good release serves again and no number is used twice`() async throws {
    let kills = Toolbox.limit("BASCULE_KILLS", otherwise: 12)
    try await withLiveApp { first, repository in
      let settings = ["GIT_REPO": repository.path]
      var manager = first
      var commits: [Int: String] = [:]
      var served = 1
      var good: Set<Int> = [1]
      for attempt in 2..<(2 + kills) {
        let commit = try await repository.commit(
          "\(attempt)", build: "echo half > built.txt; sleep 0.1; echo built > built.txt")
        #expect(try await manager.webhook.push(.init(after: commit)).status == 202)
        try await Task.sleep(for: .microseconds(Int.random(in: 0...900_000)))
        try await manager.kill9()

        let dead = try #require(manager.current, "current is gone after kill \(attempt)")
        #expect(isComplete(manager, dead), "\(dead) is half-made")
        try check(manager, &commits)

        manager = try await manager.again(settings)
        try await manager.untilReady()
        try await manager.untilIdle()
        let app = try await manager.app()
        let version = try #require(app["version"].string.flatMap { Int($0) })
        #expect(version >= served, "version \(version) serves after \(served) did")
        served = version
        #expect(manager.current == "releases/\(app["release"].string ?? "?")")
        #expect(try await manager.status()["live"]["release"].text == app["release"].string)
        try check(manager, &commits)
        for release in try await manager.json("releases")["items"].list
        where release["state"].string == "good" {
          good.insert(try #require(release["number"].int))
          #expect(isComplete(manager, "releases/\(release["number"])"))
        }
      }
      let last = try await repository.commit("last")
      try await manager.deploy(last, serving: "last")
      // On a slow machine the kills may have left fewer than that.
      try await eventually("only the four newest are left") {
        try manager.releaseNumbers().count == min(4, good.count + 1)
      }
      #expect(try await manager.stop() == 0)
    }
  }

  /// A number that stood for one commit never stands for another.
  private func check(_ manager: Manager, _ commits: inout [Int: String]) throws {
    for number in try manager.releaseNumbers() {
      guard let revision = manager.file("releases/\(number)/REVISION") else { continue }
      if let known = commits[number] { #expect(known == revision, "release \(number) was used twice") }
      if !revision.isEmpty { commits[number] = revision }
    }
  }

  /// The build of a version after the first writes `half` first and `built` last.
  private func isComplete(_ manager: Manager, _ release: String) -> Bool {
    manager.file(release + "/built.txt")?.hasPrefix("built") == true
  }

  @Test func `without a namespace of its own the next one serves all the same`() async throws {
    try await withLiveApp { manager, repository in
      #expect(try await manager.stop() == 0)
      let ports = (app: try freePort(), control: try freePort())
      func start() throws -> Child {
        try Child.start(
          [Toolbox.bascule, "run"], in: manager.workspace,
          environment: [
            "APP_ROOT": manager.root, "PORT": "\(ports.app)", "CONTROL_PORT": "\(ports.control)",
            "GIT_REPO": repository.path,
          ])
      }
      let bare = try start()
      try await eventually("it serves\n\(bare.errors)") {
        (try? await request(port: ports.app).json["version"].string) == "1"
      }
      try await bare.signal(SIGKILL)
      #expect(try await bare.ended() == 137)
      let next = try start()
      try await eventually("it serves\n\(next.errors)") {
        guard let pid = try? await request(port: ports.app).json["pid"].int else { return false }
        return Procfs.descendants(of: try await next.pid()).contains(pid_t(pid))
      }
      try await next.signal(SIGTERM)
      #expect(try await next.ended() == 0)
    }
  }
}
