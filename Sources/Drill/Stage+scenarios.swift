import Glibc
import JSON
import Linux
import Settings

extension Stage {
  /// The one that Bascule begins by itself where there is no release.
  func first(_ sight: inout Sight) async throws {
    try manager.start()
    let last = try await manager.until("the first deployment has ended", within: deployLimit) {
      () async throws -> JSONNode? in
      // The socket is not there from the first moment on.
      guard let status = try? await self.manager.status(), status["current"]?.isNull == true,
        let last = status["last"], !last.isNull
      else { return nil }
      return last
    }
    sight.deployment = try await described(last, nil)
  }

  func turnBad() async throws -> Sight.Deployment {
    let (id, commit) = try await order(.turnsBad)
    // As long as it may still be taken back.
    let limit = deployLimit
    let deadline = ContinuousClock.Instant.now + limit
    var success: ContinuousClock.Instant?
    let node = try await manager.until("deployment #\(id) has ended", within: limit + .seconds(10)) {
      let node = try await self.manager.socket.get("/api/deployments/\(id)")
      let state = node["state"]?.string ?? ""
      guard state == "success" else { return Self.open.contains(state) && .now < deadline ? nil : node }
      let since = success ?? .now
      success = since
      return .now - since > self.settings.watchTime + .seconds(1) ? node : nil
    }
    return try await described(node, commit)
  }

  func rollBack(_ sight: inout Sight) async throws {
    try await manager.socket.post("/api/projects/main/rollback")
    try await manager.socket.post("/api/projects/main/resume")
    sight.isPaused = try await manager.status()["paused"]?.isNull == false
  }

  /// After the time in which Bascule would take a crash for the release's own fault.
  func killApp(_ sight: inout Sight) async throws {
    await MainLoop.sleep(for: settings.watchTime + .milliseconds(300))
    began = .now
    let status = try await manager.status()
    guard let pid = status["live"]?["pid"]?.int, pid > 1 else { throw DrillError("Nothing is live.") }
    // All of its group: `bun start` is only what has started the app.
    guard kill(-pid_t(pid), SIGKILL) == 0 else {
      throw DrillError("The app (pid \(pid)) cannot be killed: \(String(cString: strerror(errno))).")
    }
    let live = try await manager.until("the app is up again", within: .seconds(60)) {
      () async throws -> JSONNode? in
      guard let live = try await self.manager.status()["live"], !live.isNull, live["pid"]?.int != pid else {
        return nil
      }
      return live
    }
    sight.restarts = (live["restarts"]?.int ?? 0) - (status["live"]?["restarts"]?.int ?? 0)
  }

  func killManager(_ sight: inout Sight) async throws {
    let (id, _) = try await order(.endlessBuild)
    try await manager.until("the build has begun", within: deployLimit) {
      let release = try await self.manager.socket.get("/api/deployments/\(id)")["release"]?.int ?? 0
      return Files.kind("\(self.releases)/\(release)/\(AppVariant.mark)")
    }
    // While it is gone nothing listens: what is asked meanwhile is not counted, how long it takes is told.
    await traffic.stop()
    let killed = ContinuousClock.Instant.now
    await manager.kill9()
    try manager.start()
    try await manager.until("requests are answered again", within: .seconds(60)) {
      let conversation = Conversation(with: .loopback(self.target.port))
      defer { conversation.close() }
      return await Traffic.failure(conversation, self.target, within: .seconds(40)) == nil ? true : nil
    }
    sight.absence = .now - killed
    traffic.start()
    sight.live = try await manager.until("a release is live again", within: .seconds(60)) {
      try? await self.manager.status()["live"]?["release"]?.int
    }
    sight.deployment = try await described(
      try await manager.socket.get("/api/deployments/\(id)"), nil)
    sight.next = try await deploy(.good)
    sight.liveAfterNext = try await live()
  }
}
