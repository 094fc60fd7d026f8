import Foundation
import Synchronization

/// The fault sweep. Each case does its harm, shows that it was done, and ends with the same three checks: the app
/// serves, somebody is told, and the next deployment works.
enum Sweep {
  /// `./console bench faults` asks for all of it; `./console test` for what finds most in little time.
  static let isLong = ProcessInfo.processInfo.environment["BASCULE_FAULTS"] == "long"

  static func pick<Value>(_ short: Value, long: Value) -> Value { isLong ? long : short }

  static func version() -> String { "f\(counter.withLock { $0 += 1; return $0 })" }

  /// What the harm has led to.
  struct Aftermath {
    let manager: Manager
    /// How it is known that the fault took place.
    let proof: String
    /// The version that ought to serve, or those that may.
    let serving: [String]
    /// Words of the fault that one line of what is told must have, all of them. None where nothing is told: the table
    /// then has `silence`, and `proof` how it was seen.
    let says: [String]
    /// Where they are looked for.
    let told: () async throws -> String
    var silence = "healed in silence"
    /// Without `says`: some line must be there all the same, whatever its words.
    var mustBeTold = false
  }

  /// One case. Returns the manager that runs now and the version it serves.
  @discardableResult
  static func check(
    _ name: String, _ repository: Repository, commit: ((String) async throws -> Void)? = nil,
    _ harm: () async throws -> Aftermath
  ) async throws -> (manager: Manager, serves: String) {
    let start = ContinuousClock.now
    var row = Row(name: name)
    do {
      let after = try await harm()
      row.proof = after.proof
      let manager = after.manager
      try await manager.whileRunning("one of \(after.serving) serves after: \(name)") {
        guard let version = await manager.servedVersion() else { return false }
        guard after.serving.contains(version) else { return false }
        return await manager.isReady()
      }
      let isSilent = after.says.isEmpty && !after.mustBeTold
      row.message = isSilent ? after.silence : try await line(after, name)
      let version = Sweep.version()
      if let commit { try await commit(version) } else { try await repository.commit(version) }
      let finished = try await manager.bascule("deploy", "--force")
      guard finished.code == 0, await manager.servedVersion() == version else {
        throw Failure("the next deployment failed: \(finished)")
      }
      try await manager.untilIdle()
      row.result = "ok"
      row.seconds = (ContinuousClock.now - start).seconds
      note(row)
      return (manager, version)
    } catch {
      row.result = "FAILED"
      row.seconds = (ContinuousClock.now - start).seconds
      note(row)
      throw Failure("\(name): \(error)")
    }
  }

  private static func line(_ after: Aftermath, _ name: String) async throws -> String {
    var told = ""
    do {
      return try await eventually("a line says \(after.says) after: \(name)", within: .seconds(30)) {
        told = try await after.told()
        return told.split(separator: "\n").map(String.init).last { line in
          after.says.allSatisfy { line.contains($0) }
        }
      }
    } catch {
      throw Failure("\(error) It says: \(told.suffix(3000))")
    }
  }

  private struct Row {
    let name: String
    var proof = ""
    var message = ""
    var result = ""
    var seconds = 0.0
  }

  /// A line a case, for the table of `./console bench faults`.
  private static func note(_ row: Row) {
    guard let path = ProcessInfo.processInfo.environment["BASCULE_FAULTS_TABLE"] else { return }
    let cells = [row.name, row.proof, row.message, row.result, String(format: "%.1f", row.seconds)]
    let line = cells.map { clean($0) }.joined(separator: "\t") + "\n"
    let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard file >= 0 else { return }
    // One write: suites run beside each other.
    _ = line.utf8CString.withUnsafeBytes { write(file, $0.baseAddress, $0.count - 1) }
    close(file)
  }

  private static func clean(_ text: String) -> String {
    var words = text.split(whereSeparator: \.isWhitespace).map(String.init)
    // The time and the source of a line of the log.
    if let bar = words.prefix(5).firstIndex(of: "|") { words.removeFirst(bar + 1) }
    return words.joined(separator: " ").replacingOccurrences(of: "|", with: "/")
  }

  private static let counter = Mutex(0)
}

extension Duration {
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}

extension Manager {
  /// What either of the two apps says of itself.
  func servedVersion() async -> String? {
    guard let answer = try? await request(port: port), answer.status == 200 else { return nil }
    return answer.headers["x-version"] ?? (try? answer.json)?["version"].string
  }

  /// `bun start` and the app itself, the last: others may be at work in its folder, such as who makes the spare.
  func appProcesses() async throws -> (starters: [pid_t], app: pid_t) {
    let folder = root + "/" + (current ?? "")
    let all = Procfs.descendants(of: try await pid()).filter {
      Procfs.folder($0) == folder && Procfs.commandLine($0).first?.split(separator: "/").last == "bun"
    }
    guard let app = all.last else { throw Failure("no app runs in \(folder)") }
    return (all.dropLast(), app)
  }

  func appProcess() async throws -> pid_t { try await appProcesses().app }

  /// What the manager says from now on.
  func listening() -> () async throws -> String {
    let mark = process.mark
    return { self.process.said(since: mark) }
  }

  /// Waits for words that the manager has not said yet, looking again without a pause to speak of.
  func until(_ words: String, in told: () async throws -> String) async throws {
    try await eventually("the log says: \(words)\n\(log.suffix(3000))", every: .milliseconds(1)) {
      try await told().contains(words)
    }
  }

  /// Pushes `commit` without waiting for what comes of it.
  @discardableResult
  func push(_ commit: String) async throws -> Int {
    let answer = try await webhook.push(.init(after: commit))
    guard answer.status == 202, let id = try answer.json["deployment"].text.flatMap({ Int($0) }) else {
      throw Failure("the push was answered with \(answer)")
    }
    return id
  }

  /// Of the deployments that have a log.
  func logNumbers() throws -> [Int] {
    try FileManager.default.contentsOfDirectory(atPath: root + "/shared/logs")
      .compactMap { Int($0.prefix { $0.isNumber }) }
  }

  /// Why the last deployment ended as it did.
  func lastError() async throws -> String {
    let last = try await status()["last"]
    return "\(last["state"].string ?? "?"): \(last["error"].string ?? "")"
  }
}
