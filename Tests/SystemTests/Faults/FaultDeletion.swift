import Foundation
import Testing

/// What somebody deletes or puts in the place of something while it is in use.
@Suite(.fewAtATime)
struct FaultDeletion {
  private static let kinds = ["deleted", "dangling", "absolute", "a directory", "a file"]

  /// Returns how it looks now.
  private func spoil(_ manager: Manager, _ kind: String) throws -> String {
    let path = manager.root + "/current"
    unlink(path)
    switch kind {
    case "dangling": try manager.pointCurrent(at: "releases/4711")
    case "absolute": try manager.pointCurrent(at: "/etc")
    case "a directory":
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    case "a file": try "3".write(toFile: path, atomically: false, encoding: .utf8)
    default: break
    }
    return
      "current: \((try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType)?.rawValue ?? "not there") \(manager.current ?? "")"
  }

  @Test func `current is spoilt, and RELOAD comes`() async throws {
    try await withLiveApp { manager, repository in
      var served = "1"
      for kind in Self.kinds {
        (_, served) = try await Sweep.check("current \(kind), then RELOAD", repository) {
          let live = manager.current
          let proof = try spoil(manager, kind)
          let result = try await manager.reload()
          guard result["result"].string == "refused" else { throw Failure("\(result)") }
          if kind == "a directory" {
            // Nothing that a person has made is removed: they are told, and move it away.
            rmdir(manager.root + "/current")
            try manager.pointCurrent(at: live ?? "")
          }
          guard manager.current == live else { throw Failure("current is \(manager.current ?? "gone")") }
          return Sweep.Aftermath(
            manager: manager, proof: proof, serving: [served], says: ["refused", "current "],
            told: { manager.file("releases/RELOAD.result") ?? "" })
        }
      }
    }
  }

  @Test func `current is spoilt, and a deployment comes`() async throws {
    try await withLiveApp { manager, repository in
      var served = "1"
      for kind in Self.kinds {
        (_, served) = try await Sweep.check("current \(kind), then a deployment", repository) {
          let proof = try spoil(manager, kind)
          let version = Sweep.version()
          let told = manager.listening()
          try await manager.push(repository.commit(version))
          try await manager.untilIdle()
          let isRefused = kind == "a directory"
          if isRefused { rmdir(manager.root + "/current") }
          // What the deployment is there for is to put a link there.
          let named = manager.current ?? "nothing"
          guard isRefused || manager.file("current/app.json")?.contains("\"\(version)\"") == true else {
            throw Failure("current names \(named)")
          }
          return Sweep.Aftermath(
            manager: manager, proof: isRefused ? proof : "\(proof); then \(named)",
            serving: [isRefused ? served : version],
            says: isRefused ? ["is a real folder", "Move it away"] : [],
            told: { try await told() + "\n" + manager.lastError() })
        }
      }
    }
  }

  @Test func `current is spoilt, and the manager is started`() async throws {
    try await withLiveApp { first, repository in
      var (manager, served) = (first, "1")
      for kind in Self.kinds {
        (manager, served) = try await Sweep.check("current \(kind) at a start", repository) {
          guard try await manager.stop() == 0 else { throw Failure("it did not stop") }
          let proof = try spoil(manager, kind)
          var refusal = ""
          if kind == "a directory" {
            let refused = try await manager.again(["GIT_REPO": repository.path])
            guard try await refused.process.ended() != 0 else { throw Failure("it started") }
            refusal = refused.log
            rmdir(manager.root + "/current")
          }
          let again = try await manager.again(["GIT_REPO": repository.path])
          return Sweep.Aftermath(
            manager: again, proof: proof, serving: [served],
            says: refusal.isEmpty
              ? ["warn: current ", "starting release"] : ["is a real folder", "Move it away"],
            told: { refusal + again.log })
        }
      }
    }
  }

  // MARK: Releases

  @Test func `releases are deleted under it`() async throws {
    try await withLiveApp { manager, repository in
      try await manager.deploy(repository.commit("2"), serving: "2")
      let releases = manager.root + "/releases"
      var (_, served) = try await Sweep.check("the live release deleted, then RELOAD", repository) {
        let number = manager.current ?? ""
        try FileManager.default.removeItem(atPath: manager.root + "/" + number)
        let result = try await manager.reload()
        guard result["result"].string == "refused" else { throw Failure("\(result)") }
        return Sweep.Aftermath(
          manager: manager, proof: "\(number) is gone", serving: ["2"], says: ["refused", "not there"],
          told: { manager.file("releases/RELOAD.result") ?? "" })
      }
      (_, served) = try await Sweep.check("the live release deleted, then a crash", repository) {
        // Past WATCH_TIME: until then any crash means a way back.
        try await Task.sleep(for: .milliseconds(1500))
        let told = manager.listening()
        let number = manager.current ?? ""
        let folder = manager.root + "/" + number
        let app = try await manager.appProcess()
        try FileManager.default.removeItem(atPath: folder)
        kill(app, SIGKILL)
        let now = try await manager.whileRunning("something else serves") { () -> String? in
          let version = await manager.servedVersion()
          return version == served ? nil : version
        }
        return Sweep.Aftermath(
          manager: manager, proof: "\(number) is gone, process \(app) killed", serving: [now],
          says: ["cannot stay", "going back"], told: told)
      }
      (_, served) = try await Sweep.check("the rollback target deleted, then a rollback", repository) {
        let live = try await manager.liveRelease() ?? 0
        for number in try manager.releaseNumbers() where number < live {
          try FileManager.default.removeItem(atPath: "\(releases)/\(number)")
        }
        let finished = try await manager.bascule("rollback")
        guard finished.code != 0 else { throw Failure("\(finished)") }
        return Sweep.Aftermath(
          manager: manager, proof: "only release \(live) is there", serving: [served],
          says: ["no older good release"],
          told: { finished.errors })
      }
      for boundary in [Boundary.installing, .building, .built] {
        (_, served) = try await Sweep.check(
          "the release that is being built deleted at \"\(boundary.words)\"", repository
        ) {
          let commit = { (version: String) in
            try await repository.commit(version, build: "sleep 0.3; test -e package.json")
          }
          return try await Sweep.strike(manager, repository, at: boundary, commit: commit) { strike in
            let number = try manager.releaseNumbers().last ?? 0
            try await eventually("releases/\(number) is gone") {
              try? FileManager.default.removeItem(atPath: "\(releases)/\(number)")
              return !FileManager.default.fileExists(atPath: "\(releases)/\(number)")
            }
            strike.goOn()
            try await manager.untilIdle()
            return Sweep.Aftermath(
              manager: manager, proof: "releases/\(number) is gone", serving: [strike.served],
              says: ["failed: "], told: { try await manager.lastError() })
          }
        }
      }
      try await Sweep.check("releases/ deleted as a whole", repository) {
        let told = manager.listening()
        // Something may just be on its way out of it.
        try await eventually("releases/ is gone") {
          try? FileManager.default.removeItem(atPath: releases)
          return !FileManager.default.fileExists(atPath: releases)
        }
        let version = Sweep.version()
        try await manager.push(repository.commit(version))
        try await manager.untilIdle()
        let isDeployed = try await manager.status()["last"]["state"].string == "success"
        return Sweep.Aftermath(
          manager: manager, proof: "releases/ was gone, and has \(try manager.releaseNumbers())",
          serving: [isDeployed ? version : served], says: isDeployed ? [] : ["failed: "],
          told: { try await told() + manager.lastError() })
      }
    }
  }

  // MARK: shared/

  @Test func `files of shared are deleted under it`() async throws {
    try await withLiveApp { manager, repository in
      let shared = manager.root + "/shared"
      var served = "1"
      (_, served) = try await Sweep.check("shared/bascule.sock deleted", repository) {
        let told = manager.listening()
        guard unlink(shared + "/bascule.sock") == 0 else { throw Failure("no socket") }
        // It is made anew by itself.
        try await manager.whileRunning("commands reach it again") {
          try await manager.bascule("status").code == 0
        }
        return Sweep.Aftermath(
          manager: manager, proof: "unlink: 0", serving: [served], says: ["bascule.sock", "made anew"],
          told: told)
      }
      (_, served) = try await Sweep.check("shared/webhook.sock deleted", repository) {
        let told = manager.listening()
        guard unlink(shared + "/webhook.sock") == 0 else { throw Failure("no socket") }
        try await manager.whileRunning("webhooks on the public port reach it again") {
          let answer = try await Webhook(port: manager.port, workspace: manager.workspace).post(
            Data("{}".utf8), event: "ping")
          return answer.status == 200
        }
        return Sweep.Aftermath(
          manager: manager, proof: "unlink: 0", serving: [served], says: ["webhook.sock", "made anew"],
          told: told)
      }
      (_, served) = try await Sweep.check("shared/bascule.lock deleted", repository) {
        guard unlink(shared + "/bascule.lock") == 0 else { throw Failure("no lock") }
        let ports = (app: try freePort(), control: try freePort())
        let second = try await Manager.start(
          in: manager.workspace, root: manager.root, ports: ports, ["GIT_REPO": repository.path])
        guard try await second.process.ended() == 75 else {
          throw Failure("a second one began\n\(second.log)")
        }
        return Sweep.Aftermath(
          manager: manager, proof: "unlink: 0", serving: [served], says: ["Another bascule", "already runs"],
          told: { second.log })
      }
      (_, served) = try await Sweep.check("shared/repo.git deleted", repository) {
        let told = manager.listening()
        try FileManager.default.removeItem(atPath: shared + "/repo.git")
        let version = Sweep.version()
        try await manager.push(repository.commit(version))
        try await manager.untilIdle()
        guard FileManager.default.fileExists(atPath: shared + "/repo.git/HEAD") else {
          throw Failure("it is not there again")
        }
        // It is only a copy.
        return Sweep.Aftermath(
          manager: manager, proof: "repo.git was gone, and is there again", serving: [version], says: [],
          told: told)
      }
      (_, served) = try await Sweep.check("shared/repo.git deleted while git fetches into it", repository) {
        var version = ""
        let told = manager.listening()
        let git = try await Hunt.stop(["git", "fetch"], of: manager) {
          version = Sweep.version()
          return try await repository.commit(version)
        }
        try FileManager.default.removeItem(atPath: shared + "/repo.git")
        kill(git, SIGCONT)
        try await manager.untilIdle()
        return Sweep.Aftermath(
          manager: manager, proof: "repo.git is gone while process \(git) was in state T",
          serving: [version], says: ["the mirror in shared/repo.git is damaged"],
          told: { try await told() + manager.lastError() })
      }
      (_, served) = try await Sweep.check("shared/bascule.db deleted", repository) {
        let told = manager.listening()
        for suffix in ["", "-wal", "-shm"] { unlink(shared + "/bascule.db" + suffix) }
        let version = Sweep.version()
        try await manager.push(repository.commit(version))
        return Sweep.Aftermath(
          manager: manager, proof: "no bascule.db", serving: [version], says: ["history", "deleted"],
          told: told)
      }
      let before = try await manager.status()["last"]["id"].int ?? 0
      guard try await manager.stop() == 0 else { throw Failure("it did not stop") }
      let again = try await manager.again(["GIT_REPO": repository.path])
      try await Sweep.check("shared/bascule.db deleted, then a restart", repository) {
        try await again.untilServes(served)
        let version = Sweep.version()
        let id = try await again.push(repository.commit(version))
        guard id > before else { throw Failure("deployment \(id) after \(before)") }
        return Sweep.Aftermath(
          manager: again, proof: "deployment \(id) after \(before)", serving: [version],
          says: ["there was no history", "begins after deployment #\(before)"], told: { again.log })
      }
    }
  }
}
