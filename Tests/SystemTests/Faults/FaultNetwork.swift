import Foundation
import Testing

/// Names that nobody knows, hosts that do not speak, a registry that stalls.
@Suite(.fewAtATime)
struct FaultNetwork {
  private static let timeout = Sweep.pick("15", long: "60")

  @Test func `DNS fails, and hangs`() async throws {
    try await Workspace.with { workspace in
      let server = try await SSHServer(in: workspace)
      let repository = try await Repository(in: workspace)
      let hosts = try workspace.write("127.0.0.1 localhost git.bascule.test\n", to: "hosts")
      let resolver = try workspace.write(
        "nameserver \(DumbNameServer.address)\noptions timeout:\(Sweep.pick(1, long: 5)) attempts:2\n",
        to: "resolv.conf")
      let names = try workspace.write("hosts: files dns\n", to: "nsswitch.conf")
      let mounts = [(hosts, "/etc/hosts"), (resolver, "/etc/resolv.conf"), (names, "/etc/nsswitch.conf")]
        .map { "mount --bind \($0.0) \($0.1)" }.joined(separator: " && ")
      try await repository.commit("1")
      let address = "ssh://root@git.bascule.test:\(server.port)\(repository.path)"
      let manager = try await Manager.start(
        in: workspace, through: ["sh", "-c", "\(mounts) && exec \"$@\"", "sh"],
        ["GIT_REPO": address, "GIT_SSH_KEY": try await server.key("ed25519"), "DEPLOY_TIMEOUT": "60"])
      try await manager.untilServes("1")
      try await manager.untilIdle()
      var served = "1"
      for fails in [true, false] {
        (_, served) = try await Sweep.check(fails ? "DNS fails" : "DNS does not answer", repository) {
          let dns = try DumbNameServer(fails: fails)
          defer { dns.end() }
          try await repository.commit(Sweep.version())
          // In place: what is mounted is this file.
          try overwrite(hosts, "127.0.0.1 localhost\n")
          let finished = try await manager.bascule("deploy")
          try overwrite(hosts, "127.0.0.1 localhost git.bascule.test\n")
          guard finished.code == 1, dns.questions > 0 else {
            throw Failure("\(dns.questions) questions, \(finished)")
          }
          return Sweep.Aftermath(
            manager: manager, proof: "\(dns.questions) questions came to the name server", serving: [served],
            says: ["failed: ", "the name of the host cannot be looked up", "DNS"],
            told: { try await manager.lastError() })
        }
      }
    }
  }

  @Test func `ssh hangs, is reset, is closed at once`() async throws {
    try await Workspace.with { workspace in
      let server = try await SSHServer(in: workspace)
      let repository = try await Repository(in: workspace)
      try await repository.commit("1")
      let manager = try await Manager.start(
        in: workspace,
        [
          "GIT_REPO": server.address(of: repository), "GIT_SSH_KEY": try await server.key("ed25519"),
          "DEPLOY_TIMEOUT": Self.timeout,
        ])
      try await manager.untilServes("1")
      try await manager.untilIdle()
      var served = "1"
      for manner in Villain.Manner.allCases {
        (_, served) = try await Sweep.check("ssh \(manner.rawValue)", repository) {
          try await server.stop()
          let villain = try Villain(port: server.port, manner)
          try await repository.commit(Sweep.version())
          let finished = try await manager.bascule("deploy")
          villain.end()
          try await server.start()
          guard finished.code == 1, villain.visitors > 0 else {
            throw Failure("\(villain.visitors) came, \(finished)")
          }
          let says =
            switch manner {
            case .silent:
              Sweep.pick(["took too long", "DEPLOY_TIMEOUT"], long: ["fetching", "does not answer"])
            case .resets, .closes: ["fetching", "failed", "ended the connection"]
            }
          return Sweep.Aftermath(
            manager: manager, proof: "\(villain.visitors) connections came", serving: [served],
            says: ["failed: "] + says, told: { try await manager.lastError() })
        }
      }
      try await Sweep.check("ssh refused", repository) {
        try await server.stop()
        try await repository.commit(Sweep.version())
        let finished = try await manager.bascule("deploy")
        try await server.start()
        return Sweep.Aftermath(
          manager: manager, proof: "exit code \(finished.code)", serving: [served],
          says: ["failed: ", "nothing listens there"], told: { try await manager.lastError() })
      }
    }
  }

  /// What serves came from elsewhere: with the address of the villain the manager is started again on what it has.
  @Test func `https hangs, is reset, is closed at once`() async throws {
    try await withLiveApp { first, repository in
      var (manager, served) = (first, "1")
      for manner in Villain.Manner.allCases {
        (manager, served) = try await Sweep.check("https \(manner.rawValue)", repository) {
          guard try await manager.stop() == 0 else { throw Failure("it did not stop") }
          let port = try freePort()
          let villain = try Villain(port: port, manner)
          defer { villain.end() }
          let misled = try await manager.again([
            "GIT_REPO": "https://127.0.0.1:\(port)/x.git", "DEPLOY_TIMEOUT": Self.timeout,
          ])
          try await misled.untilServes(served)
          try await misled.untilIdle()
          let start = ContinuousClock.now
          let finished = try await misled.bascule("deploy")
          let took = ContinuousClock.now - start
          guard finished.code == 1, villain.visitors > 0 else {
            throw Failure("\(villain.visitors) came, \(finished)")
          }
          guard took < .seconds((Double(Self.timeout) ?? 0) + 20 * Double(slowness)) else {
            throw Failure("it took \(took)")
          }
          let error = try await misled.lastError()
          try await misled.untilServes(served)
          guard try await misled.stop() == 0 else { throw Failure("it did not stop") }
          let again = try await misled.again(["GIT_REPO": repository.path])
          let says =
            switch manner {
            case .silent: ["took too long", "DEPLOY_TIMEOUT"]
            // For curl a reset may come before the connection has.
            case .resets: ["fetching", "failed", "check the host and port in GIT_REPO"]
            case .closes: ["fetching", "failed", "ended the connection"]
            }
          return Sweep.Aftermath(
            manager: again, proof: "\(villain.visitors) connections came, and \(served) served on",
            serving: [served], says: ["failed: "] + says, told: { error })
        }
      }
    }
  }

  @Test func `a registry that stalls in the middle of a package`() async throws {
    try await Workspace.with { workspace in
      let registry = try await Registry(in: workspace)
      try registry.publish("left", "1.0.0")
      try registry.publish("right", "1.0.0")
      let repository = try await Repository(in: workspace)
      try registry.use(in: repository)
      try await repository.commit("1", dependencies: ["left": "1.0.0"])
      try await registry.lock(repository)
      let manager = try await Manager.start(
        in: workspace, ["GIT_REPO": repository.path, "INSTALL_TIMEOUT": Sweep.pick("12", long: "30")])
      try await manager.untilServes("1")
      try await manager.untilIdle()
      try await Sweep.check(
        "a registry that stalls", repository,
        commit: { try await repository.commit($0, dependencies: ["left": "1.0.0", "right": "1.0.0"]) }
      ) {
        try workspace.write("", to: "registry/STALL")
        try await repository.commit(Sweep.version(), dependencies: ["left": "1.0.0", "right": "1.0.0"])
        let commit = try await registry.lock(repository)
        try await manager.push(commit)
        try await manager.untilIdle()
        unlink(workspace.path + "/registry/STALL")
        guard let stalled = try? String(contentsOfFile: workspace.path + "/registry/STALLED", encoding: .utf8)
        else {
          throw Failure("nobody asked for the package")
        }
        let error = try await manager.lastError()
        // With the same dependencies, so that what was left half-loaded would show.
        try await manager.bascule("deploy", exits: 0)
        let version = await manager.servedVersion() ?? "?"
        let modules = try await request("GET", "/modules", port: manager.port).text
        guard modules.contains("right") else { throw Failure(modules) }
        return Sweep.Aftermath(
          manager: manager, proof: "it sent \(stalled)", serving: [version],
          says: ["failed: ", "took too long", "INSTALL_TIMEOUT"], told: { error })
      }
    }
  }

  private func overwrite(_ path: String, _ text: String) throws {
    let file = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC)
    guard file >= 0 else { throw Failure("\(path): \(String(cString: strerror(errno)))") }
    defer { close(file) }
    guard write(file, text, text.utf8.count) == text.utf8.count else { throw Failure(path) }
  }
}
