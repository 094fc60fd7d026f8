import Foundation
import Testing

/// A volume without room, and one that has become read-only, at each step and while each file is written.
@Suite(.fewAtATime)
struct FaultVolume {
  @Test func `ENOSPC from a boundary of a deployment on`() async throws {
    try await withVolume { volume, manager, repository in
      for boundary in Sweep.pick(Array(Boundary.all[1...7]), long: Boundary.all) {
        try await Sweep.check("ENOSPC from \"\(boundary.words)\" on", repository) {
          try await full(volume, manager, repository, at: boundary)
        }
      }
    }
  }

  @Test func `ENOSPC at random fill levels`() async throws {
    try await withVolume { volume, manager, repository in
      var random = Random(seed: 9)
      for number in 1...Sweep.pick(3, long: 40) {
        let rest = [4096, 65536, 300_000, 1_500_000][random.below(4)] + random.below(100_000)
        // Afterwards too little is written to meet the end of what is left, or a build has written it already.
        let boundaries = Boundary.beforeTheStart.prefix { $0.words != Boundary.building.words }
        let boundary = boundaries[random.below(boundaries.count)]
        let name = "ENOSPC, random \(number): \(rest) bytes left at \"\(boundary.words)\""
        try await Sweep.check(name, repository) {
          try await full(volume, manager, repository, at: boundary, leaving: rest)
        }
      }
    }
  }

  /// The manager stands still while its volume is filled, so that the boundary is met to the byte.
  private func full(
    _ volume: Volume, _ manager: Manager, _ repository: Repository, at boundary: Boundary,
    leaving rest: Int = 0
  ) async throws -> Sweep.Aftermath {
    func commit(_ version: String) async throws -> String {
      try repository.write("ballast", FaultDamage.noise(2_000_000))
      return try await repository.commit(version, build: "head -c 3000000 /dev/urandom > built.txt")
    }
    return try await Sweep.strike(manager, repository, at: boundary, commit: commit) { strike in
      let proof = try volume.fill(leaving: rest)
      defer { volume.empty() }
      strike.goOn()
      var room = 0
      try await manager.whileRunning("the deployment is over") {
        room = max(room, volume.free)
        let status = try await manager.status()
        return status["current"].isNull && status["queue"].list.isEmpty
      }
      guard let now = await manager.servedVersion(), [strike.served, strike.version].contains(now) else {
        throw Failure("nothing serves on a full volume\n\(manager.log.suffix(4000))")
      }
      let isDone = now == strike.version
      let told = { try await outOfRoom(strike.told() + "\n" + manager.lastError()) }
      if isDone, try await told().isEmpty {
        // With some room left it may have sufficed, and the clean-up behind the release before makes room again.
        guard rest == 0, room > 0 || boundary.words == Boundary.done.words else { return nil }
        return Sweep.Aftermath(
          manager: manager, proof: proof, serving: [now], says: [], told: told,
          silence: room > 0 ? "the clean-up made room again: \(room) bytes" : "nothing was left to write")
      }
      guard rest > 0 || boundary.isSealed || !isDone else { return nil }
      return Sweep.Aftermath(
        manager: manager, proof: proof, serving: [now], says: [], told: told, mustBeTold: true)
    }
  }

  /// The lines that tell of it.
  private func outOfRoom(_ text: String) -> String {
    text.split(separator: "\n").filter {
      $0.contains("No space left") || $0.contains("volume is full") || $0.contains("disk is full")
    }
    .joined(separator: "\n")
  }

  private func withVolume(_ body: (Volume, Manager, Repository) async throws -> Void) async throws {
    try await Workspace.with { workspace in
      // The mirror keeps the ballast of every commit, also of those for which a strike came too late.
      let volume = try await Volume.small(workspace, size: Sweep.pick("160m", long: "384m"))
      let repository = try await Repository(in: workspace)
      try await repository.commit("1")
      let manager = try await Manager.start(in: workspace, root: volume.path, ["GIT_REPO": repository.path])
      try await manager.untilServes("1")
      try await manager.untilIdle()
      do { try await body(volume, manager, repository) } catch {
        throw Failure("\(error)\n\(manager.log.suffix(8000))")
      }
    }
  }

  // MARK: Without a deployment

  @Test func `ENOSPC while nothing is deployed: RELOAD, a rollback, a push, a restart`() async throws {
    try await withVolume { volume, manager, repository in
      try await manager.deploy(repository.commit("2"), serving: "2")
      try await Sweep.check("ENOSPC and RELOAD", repository) {
        let told = manager.listening()
        let proof = try volume.fill()
        defer { volume.empty() }
        // Without a byte: to make the file is what a person can still do.
        try await manager.signal(SIGHUP)
        try await manager.whileRunning("RELOAD was tried") {
          try await told().contains("RELOAD.result could not be written")
        }
        return Sweep.Aftermath(
          manager: manager, proof: proof, serving: ["2"], says: ["RELOAD.result", "No space left"], told: told
        )
      }
      try await Sweep.check("ENOSPC and a rollback", repository) {
        let told = manager.listening()
        let proof = try volume.fill()
        defer { volume.empty() }
        let finished = try await manager.bascule("rollback", "1")
        volume.empty()
        try await manager.bascule("resume")
        return Sweep.Aftermath(
          manager: manager, proof: proof, serving: ["1"],
          says: ["No space left"], told: { try await told() + finished.output + finished.errors })
      }
      let served = await manager.servedVersion() ?? "?"
      try await Sweep.check("ENOSPC and a push", repository) {
        let commit = try await repository.commit(Sweep.version())
        let told = manager.listening()
        let proof = try volume.fill()
        defer { volume.empty() }
        let answer = try await manager.webhook.push(.init(after: commit))
        try await manager.untilIdle()
        return Sweep.Aftermath(
          manager: manager, proof: proof, serving: [served], says: [],
          told: { try await outOfRoom("\(answer)\n" + told() + manager.lastError()) }, mustBeTold: true)
      }
    }
  }

  @Test func `a start on a full volume`() async throws {
    try await withVolume { volume, manager, repository in
      let (now, served) = try await Sweep.check("ENOSPC at a start", repository) {
        guard try await manager.stop() == 0 else { throw Failure("it did not stop") }
        let proof = try volume.fill()
        defer { volume.empty() }
        let again = try await manager.again(["GIT_REPO": repository.path])
        try await again.untilServes("1")
        let failed = try await again.bascule("deploy", "--force")
        return Sweep.Aftermath(
          manager: again, proof: proof, serving: ["1"], says: [],
          told: { outOfRoom(again.log + failed.output + failed.errors) }, mustBeTold: true)
      }
      // With room again the record of before is there, and no number is used twice.
      #expect(try await now.stop() == 0)
      let again = try await now.again(["GIT_REPO": repository.path])
      try await again.untilServes(served)
      let before = try await again.deployments(again.admin()).compactMap { $0["id"].int }
      #expect(before.contains(1), "\(before)")
      let numbers = try again.logNumbers()
      let id = try await again.push(repository.commit(Sweep.version()))
      #expect(numbers.allSatisfy { id > $0 }, "\(id) after \(numbers)")
      try await again.untilIdle()
    }
  }

  // MARK: Read-only

  @Test func `read-only from a boundary of a deployment on, and back`() async throws {
    try await withVolume { volume, manager, repository in
      for boundary in Sweep.pick([.fetched, .building, .started], long: Boundary.all) {
        try await Sweep.check("read-only from \"\(boundary.words)\" on", repository) {
          try await Sweep.strike(manager, repository, at: boundary) { try await readOnly(volume, $0) }
        }
      }
    }
  }

  private func readOnly(_ volume: Volume, _ strike: Strike) async throws -> Sweep.Aftermath? {
    let manager = strike.manager
    // Over itself: what is open stays writable, which keeps the kernel from refusing; no path leads there.
    let inside = ["nsenter", "-t", "\(strike.pid)", "-m", "-r"]
    try await manager.workspace.run(inside + ["mount", "--bind", volume.path, volume.path])
    try await manager.workspace.run(inside + ["mount", "-o", "remount,bind,ro", volume.path])
    let touched = try await manager.workspace.attempt(inside + ["touch", volume.path + "/shared/x"])
    strike.goOn()
    try await manager.untilIdle()
    let now = await manager.servedVersion() ?? "?"
    // It is busy while somebody measures a release or begins the next one.
    try await eventually("the mount is gone") {
      try await manager.workspace.attempt(inside + ["umount", volume.path]).code == 0
    }
    guard touched.errors.contains("Read-only") else { throw Failure("it can be written: \(touched)") }
    let told = { try await strike.told() + "\n" + manager.lastError() }
    if now == strike.version, try await !told().contains("ead-only") { return nil }
    return Sweep.Aftermath(
      manager: manager, proof: "touch: Read-only file system",
      serving: [strike.served, strike.version].filter { $0 == now }, says: ["ead-only"], told: told)
  }
}
