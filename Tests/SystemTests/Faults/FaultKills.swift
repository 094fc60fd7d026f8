import Foundation
import Testing

/// kill -9 of whatever takes part in a deployment.
@Suite(.fewAtATime)
struct FaultKills {
  @Test func `kill -9 of the manager at the boundaries of a deployment`() async throws {
    try await withLiveApp { first, repository in
      let settings = ["GIT_REPO": repository.path]
      var manager = first
      for boundary in Sweep.pick(Array(Boundary.all[1...7]), long: Boundary.all) {
        (manager, _) = try await Sweep.check(
          "kill -9 of the manager at \"\(boundary.words)\"", repository
        ) {
          try await Sweep.strike(manager, repository, at: boundary) { strike in
            kill(strike.pid, SIGKILL)
            return try await afterKill(of: manager, settings, strike.served, boundary)
          }
        }
      }
    }
  }

  @Test func `kill -9 of the manager at random moments`() async throws {
    try await withLiveApp { first, repository in
      let settings = ["GIT_REPO": repository.path]
      var (manager, served) = (first, "1")
      var random = Random(seed: 6)
      for number in 1...Sweep.pick(2, long: 40) {
        let moment = random.below(700_000)
        (manager, served) = try await Sweep.check("kill -9 of the manager, random \(number)", repository) {
          let pid = try await manager.pid()
          try await manager.push(repository.commit(Sweep.version()))
          try await Task.sleep(for: .microseconds(moment))
          kill(pid, SIGKILL)
          return try await afterKill(of: manager, settings, served, nil)
        }
      }
    }
  }

  /// git, bun, sh, the app or who starts it: whoever lives below the manager at that moment.
  @Test(.enabled(if: Sweep.isLong))
  func `kill -9 of anybody at random moments`() async throws {
    // As most apps are started: no `bun` waits for it that would outlive it.
    try await withLiveApp(start: "exec bun index.ts") { manager, repository in
      var random = Random(seed: 19)
      var served = "1"
      for number in 1...20 {
        let moment = random.below(400_000)
        let choice = random.below(1 << 20)
        (_, served) = try await Sweep.check("kill -9 of anybody, random \(number)", repository) {
          try await killAnybody(of: manager, repository, served, moment, choice)
        }
      }
    }
  }

  private func killAnybody(
    of manager: Manager, _ repository: Repository, _ served: String, _ moment: Int, _ choice: Int
  ) async throws -> Sweep.Aftermath {
    // Past WATCH_TIME: what was live when it was pushed is there to stay.
    try await Task.sleep(for: .milliseconds(1500))
    let told = manager.listening()
    let version = Sweep.version()
    let root = try await manager.pid()
    let build = "sleep 0.2; echo built $RELEASE > built.txt"
    try await manager.push(repository.commit(version, build: build, start: "exec bun index.ts"))
    try await Task.sleep(for: .microseconds(moment))
    // Whoever has ended by itself in between was not killed.
    var isApp = false
    let late = ContinuousClock.now + .milliseconds(300)
    let victim = try await eventually("somebody is killed", every: .milliseconds(1)) { () -> String? in
      let all = Procfs.descendants(of: root).filter { Procfs.state($0) != "Z" }
      // Two always live, who serve; others matter as much.
      let others = all.filter { Procfs.folder($0) != manager.root + "/" + (manager.current ?? "") }
      let isAny = choice.isMultiple(of: 4) || ContinuousClock.now > late
      let pool = isAny ? all : others
      guard !pool.isEmpty else { return nil }
      let pid = pool[choice % pool.count]
      let command = Procfs.commandLine(pid).joined(separator: " ")
      isApp =
        command == "bun index.ts" && Procfs.folder(pid) == manager.root + "/" + (manager.current ?? "")
      guard !command.isEmpty, kill(pid, SIGKILL) == 0 else { return nil }
      return "process \(pid), one of \(all.count): \(command.prefix(60))\(isApp ? " (what serves)" : "")"
    }
    try await manager.untilIdle()
    let error = try await manager.lastError()
    let isDeployed = error.hasPrefix("success")
    // Neither the deployment nor what serves need any of it: a helper of the spare, or what had just done its work.
    if isApp { try await manager.until("killed by SIGKILL", in: told) }
    let said = try await told()
    let isTold = said.contains("killed by SIGKILL") || !isDeployed || isApp
    // A new release that does not stay has the one before it serve again.
    let isBack = isDeployed && said.contains("going back")
    return Sweep.Aftermath(
      manager: manager, proof: victim, serving: [isDeployed && !isBack ? version : served],
      says: isTold ? [isDeployed ? "killed by SIGKILL" : "failed: "] : [], told: { said + "\n" + error },
      silence: "nothing to tell: all went on without it")
  }

  /// What `current` names when it is dead is what has to serve, and it is the one before or the new one.
  private func afterKill(
    of manager: Manager, _ settings: [String: String], _ served: String, _ boundary: Boundary?
  ) async throws -> Sweep.Aftermath {
    // Of `unshare`, which tells nothing of how PID 1 ended; had it ended by itself, it would have said so.
    let code = try await manager.process.ended()
    guard code != 0, !manager.log.contains("bascule | stop") else {
      throw Failure("the manager ended by itself")
    }
    guard let text = manager.file("current/app.json"), let named = try JSON(parsing: text)["version"].string
    else { throw Failure("current names \(manager.current ?? "nothing"), which is no release") }
    if let boundary, !boundary.isSwitched, named != served {
      // Killed a moment later than was meant: `current` is replaced soon after the start.
      guard boundary.words == "Started release" else {
        throw Failure("\(named) is current before the switch")
      }
    }
    let again = try await manager.again(settings)
    let isNew = named != served
    return Sweep.Aftermath(
      manager: again, proof: "it is gone without a word; current names \(manager.current ?? "nothing")",
      serving: [named],
      says: isNew ? [] : ["the manager ended while deployment", "deploy again"],
      told: { again.log }, silence: "nothing to tell: the new release serves")
  }

  @Test func `kill -9 of the app while a deployment runs`() async throws {
    try await withLiveApp { manager, repository in
      for boundary in Sweep.pick([.installing, .built], long: Boundary.beforeTheStart) {
        try await Sweep.check("kill -9 of the app at \"\(boundary.words)\"", repository) {
          try await Sweep.strike(manager, repository, at: boundary) { strike in
            let (starters, app) = try await manager.appProcesses()
            kill(app, SIGKILL)
            // `bun start` is what the manager waits for: on a busy machine it outlives the app, and perhaps the switch.
            try await eventually("all of the app has ended") {
              starters.allSatisfy { Procfs.state($0) == nil || Procfs.state($0) == "Z" }
            }
            strike.goOn()
            try await eventually("process \(app) is gone") { Procfs.state(app) == nil }
            return Sweep.Aftermath(
              manager: manager, proof: "process \(app) is gone", serving: [strike.version],
              says: ["ended by itself", "SIGKILL"], told: strike.told)
          }
        }
        try await manager.untilIdle()
      }
    }
  }

  /// Of the two that run while a deployment ends.
  enum App: String, Sendable { case old, new }

  /// Who serves and what is told follows from whose end it was, whatever else the manager had just decided.
  @Test func `kill -9 of the old app or the new one from the start to the end of a deployment`() async throws
  {
    // Long enough for the old app to be on call while the manager stands still.
    try await withLiveApp(["WATCH_TIME": "10"]) { manager, repository in
      let all: [(App, Boundary)] = [
        (.old, .started), (.new, .started), (.old, .switched), (.new, .switched), (.old, .done),
        (.new, .done),
      ]
      for (app, boundary) in Sweep.pick([all[0], all[2], all[3]], long: all) {
        try await Sweep.check("kill -9 of the \(app.rawValue) app at \"\(boundary.words)\"", repository) {
          try await Sweep.strike(manager, repository, at: boundary) { strike in
            try await end(app, in: strike, at: boundary)
          }
        }
      }
    }
  }

  /// nil: `current` is further than the log.
  private func end(
    _ app: App, in strike: Strike, at boundary: Boundary
  ) async throws -> Sweep.Aftermath? {
    let manager = strike.manager
    let old = try manager.release(of: strike.served)
    let new = try manager.release(of: strike.version)
    guard manager.current == "releases/\(boundary.isSwitched ? new : old)" else { return nil }
    let release = app == .old ? old : new
    // One that was just started may not be an app yet: its processes go on while the manager stands still.
    let victim = try await eventually("the \(app.rawValue) app runs") {
      try await manager.processes(of: release).first { Procfs.commandLine($0).last == "index.ts" }
    }
    let all = try await manager.processes(of: release)
    guard let state = Procfs.state(victim), state != "Z", kill(victim, SIGKILL) == 0 else {
      throw Failure("process \(victim) had ended before it was killed")
    }
    // Also `bun start`, which the manager waits for. Nobody but the kernel can have ended them: the manager is stopped.
    try await eventually("all of the \(app.rawValue) app has ended") {
      all.allSatisfy { Procfs.state($0) == nil || Procfs.state($0) == "Z" }
    }
    strike.goOn()
    try await manager.untilIdle()
    let says: [String]
    switch (app, boundary.isSwitched) {
    // It may be noticed before the switch or after it.
    case (.old, false): says = ["release \(old)", "ended", "SIGKILL"]
    case (.old, true): says = ["release \(old), which served before, ended: ", "SIGKILL"]
    case (.new, false): says = ["release \(new) ended", "SIGKILL"]
    case (.new, true): says = ["release \(new) cannot stay", "SIGKILL", "going back"]
    }
    return Sweep.Aftermath(
      manager: manager, proof: "process \(victim) was in state \(state), then gone",
      serving: [app == .old ? strike.version : strike.served], says: says, told: strike.told)
  }

  @Test func `kill -9 of a new release that starts`() async throws {
    try await withLiveApp(start: "exec bun index.ts") { manager, repository in
      let served = "1"
      try await Sweep.check("kill -9 of the new app while it starts", repository) {
        let told = manager.listening()
        let app = try await Hunt.stop(["sleep", "30"], of: manager) {
          try await repository.commit(Sweep.version(), start: "sleep 30")
        }
        kill(app, SIGKILL)
        return Sweep.Aftermath(
          manager: manager, proof: "process \(app) was met as it began", serving: [served],
          says: ["failed: ", "ended while it started", "serves on"],
          told: { try await told() + manager.lastError() })
      }
    }
  }

  struct Victim: Sendable, CustomTestStringConvertible {
    let words: [String]
    let says: [String]

    var testDescription: String { words.joined(separator: " ") }

    static let all = [
      Victim(words: ["git", "fetch"], says: ["fetching ", "failed"]),
      Victim(words: ["git", "log"], says: ["looking for ", "failed", "SIGKILL"]),
      Victim(words: ["git", "reset"], says: ["checking out ", "failed"]),
      Victim(words: ["bun", "install"], says: ["installing the dependencies failed", "SIGKILL"]),
      Victim(words: ["bun", "run"], says: ["build", "failed", "SIGKILL"]),
    ]
  }

  @Test func `kill -9 of git and bun`() async throws {
    try await withLiveApp { manager, repository in
      for victim in Victim.all {
        try await Sweep.check("kill -9 of \(victim.testDescription)", repository) {
          try await Sweep.untilMet {
            var before = "?"
            let pid = try await Hunt.stop(victim.words, of: manager) {
              before = await manager.servedVersion() ?? "?"
              return try await repository.commit(Sweep.version())
            }
            kill(pid, SIGKILL)
            try await manager.untilIdle()
            let error = try await manager.lastError()
            if error.hasPrefix("success") { return nil }
            return Sweep.Aftermath(
              manager: manager, proof: "process \(pid) was stopped at its beginning, then killed",
              serving: [before], says: ["failed: "] + victim.says, told: { error })
          }
        }
      }
    }
  }
}

extension Manager {
  /// The number of the one release that has this version of the app.
  fileprivate func release(of version: String) throws -> Int {
    let found = try releaseNumbers().filter { number in
      guard let text = file("releases/\(number)/app.json") else { return false }
      return (try? JSON(parsing: text))?["version"].string == version
    }
    guard found.count == 1 else { throw Failure("version \(version) is in the releases \(found)") }
    return found[0]
  }

  /// `bun start` and the app itself.
  fileprivate func processes(of release: Int) async throws -> [pid_t] {
    Procfs.descendants(of: try await pid()).filter {
      Procfs.folder($0) == "\(root)/releases/\(release)"
        && Procfs.commandLine($0).first?.split(separator: "/").last == "bun"
    }
  }
}
