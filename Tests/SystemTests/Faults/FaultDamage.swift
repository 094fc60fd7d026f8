import Foundation
import Testing

/// Files of Bascule's own that hold something else than it has written.
@Suite(.fewAtATime)
struct FaultDamage {
  struct Damage: Sendable, CustomTestStringConvertible {
    let name: String
    let says: [String]
    /// Returns how it is known that the file is damaged.
    let harm: @Sendable (Manager, Repository) async throws -> String

    var testDescription: String { name }
  }

  static func noise(_ bytes: Int) throws -> Data {
    let random = try FileHandle(forReadingFrom: URL(filePath: "/dev/urandom"))
    defer { try? random.close() }
    return try random.read(upToCount: bytes) ?? Data()
  }

  private static func garbage(_ path: String, _ bytes: Int = 3000) throws -> String {
    let noise = try noise(bytes)
    try noise.write(to: URL(filePath: path))
    return "\(bytes) bytes of noise in \(path.split(separator: "/").suffix(2).joined(separator: "/"))"
  }

  /// All objects of the mirror, cut in half.
  private static func truncateObjects(_ mirror: String) throws -> String {
    let folder = mirror + "/objects"
    var count = 0
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
      var status = stat()
      let path = folder + "/" + name
      guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
      chmod(path, 0o644)
      guard truncate(path, status.st_size / 2) == 0 else { throw Failure("\(path) was not truncated") }
      count += 1
    }
    guard count > 0 else { throw Failure("the mirror has no objects") }
    return "\(count) objects cut in half"
  }

  private static func mirror(_ name: String, harm: @escaping @Sendable (String) throws -> String) -> Damage {
    Damage(name: name, says: ["the mirror in shared/repo.git is damaged", "fetching it anew"]) { manager, _ in
      try harm(manager.root + "/shared/repo.git")
    }
  }

  /// Once what follows a deployment is on record: who has read the ledger and is about to write it would mend it, and
  /// could not tell.
  private static func restingLedger(of manager: Manager) async throws -> String {
    let path = manager.root + "/shared/releases.json"
    try await eventually("the live release is measured, the old ones are gone, and that is written down") {
      let all = try await manager.json("releases")["items"].list
      var status = stat()
      guard stat(path, &status) == 0 else { throw Failure("no ledger") }
      // A change that is under way would write over the harm.
      return time(nil) - status.st_mtim.tv_sec > 2
        && all.allSatisfy { $0["state"].string != "removing" && $0["warm"].bool == $0["live"].bool }
        && all.contains { $0["live"].bool == true && $0["sizeBytes"].int != nil }
    }
    return path
  }

  /// While it runs: each is found by the next deployment.
  static let running: [Damage] = [
    mirror("objects of the mirror truncated", harm: truncateObjects),
    // git fetches what is missing, without a word.
    Damage(name: "objects of the mirror removed", says: []) {
      manager, _ in
      let folder = manager.root + "/shared/repo.git/objects"
      for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
        try FileManager.default.removeItem(atPath: folder + "/" + name)
      }
      return "objects/ is empty"
    },
    mirror("HEAD of the mirror garbage") { try garbage($0 + "/HEAD") },
    mirror("packed-refs of the mirror garbage") { try garbage($0 + "/packed-refs") },
    mirror("config of the mirror garbage") { try garbage($0 + "/config") },
    mirror("a branch of the mirror garbage") { try garbage($0 + "/refs/heads/main") },
    Damage(name: "the ledger garbage", says: ["The ledger was damaged", "good releases"]) { manager, _ in
      try garbage(try await restingLedger(of: manager))
    },
    Damage(name: "the ledger empty", says: ["The ledger was damaged", "good releases"]) { manager, _ in
      try garbage(try await restingLedger(of: manager), 0)
    },
    Damage(name: "the ledger removed", says: ["There was no ledger", "good releases"]) { manager, _ in
      guard unlink(try await restingLedger(of: manager)) == 0 else { throw Failure("no ledger") }
      return "unlink: 0"
    },
  ]

  @Test func `what is damaged while it runs is made anew by the next deployment`() async throws {
    try await withLiveApp { manager, repository in
      for damage in running {
        try await Sweep.check(damage.name, repository) {
          let told = manager.listening()
          let proof = try await damage.harm(manager, repository)
          let version = Sweep.version()
          try await manager.push(repository.commit(version))
          try await manager.untilIdle()
          return Sweep.Aftermath(
            manager: manager, proof: proof, serving: [version], says: damage.says, told: told)
        }
      }
    }
  }

  private var running: [Damage] { Self.running }

  /// It is in the way of no deployment. What was recorded is lost, and that is said.
  @Test func `a history overwritten while it is in use is told of, and costs no deployment`() async throws {
    try await withLiveApp { first, repository in
      var (manager, served) = (first, "1")
      let path = manager.root + "/shared/bascule.db"
      let cases: [(name: String, harm: (Int) throws -> Void)] = [
        ("overwritten with noise", { try Self.inPlace(path, Self.noise($0)) })
      ]
      for (name, harm) in cases {
        let told = manager.listening()
        (_, served) = try await Sweep.check("the history \(name) while in use", repository) {
          // Until it has gone into the file, all of it is in the log beside it.
          let size = try await manager.whileRunning("there is something in \(path)") { () -> Int? in
            let size = try Self.size(path)
            return size > 8192 ? size : nil
          }
          try harm(size)
          var version = ""
          // What is still in the log as well is read from there, until the log begins again.
          for _ in 1...5 where try await !told().contains("the history is damaged") {
            version = Sweep.version()
            try await manager.push(repository.commit(version))
            try await manager.untilServes(version)
            try await manager.untilIdle()
          }
          return Sweep.Aftermath(
            manager: manager, proof: "\(path) had \(size) bytes, has \(try Self.size(path))",
            serving: [version], says: ["error: the history is damaged", "until Bascule is started again"],
            told: told)
        }
        (manager, served) = try await Sweep.check("the history \(name) in use, then a restart", repository) {
          guard try await manager.stop() == 0 else { throw Failure("it did not stop") }
          let again = try await manager.again(["GIT_REPO": repository.path])
          return Sweep.Aftermath(
            manager: again, proof: "the manager was started again", serving: [served],
            says: ["the history is damaged", "set aside"], told: { again.log })
        }
      }
    }
  }

  private static func size(_ path: String) throws -> Int {
    var status = stat()
    guard stat(path, &status) == 0 else { throw Failure("no file \(path)") }
    return Int(status.st_size)
  }

  /// In the file that is open: another one of its name would be another fault.
  private static func inPlace(_ path: String, _ bytes: Data) throws {
    let file = open(path, O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { throw Failure("\(path): \(String(cString: strerror(errno)))") }
    defer { close(file) }
    let count = bytes.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, 0) }
    guard count == bytes.count else { throw Failure("\(path): \(count) of \(bytes.count) were written") }
  }

  @Test func `what is damaged is told of at the next start`() async throws {
    try await withLiveApp { first, repository in
      var (manager, served) = (first, "1")
      let shared = manager.root + "/shared"
      let cases: [(name: String, says: [String], harm: () throws -> String)] = [
        (
          "the ledger garbage at a start", ["The ledger was damaged", "good releases"],
          { try Self.garbage(shared + "/releases.json") }
        ),
        (
          "the history garbage at a start", ["the history is damaged", "set aside"],
          { try Self.garbage(shared + "/bascule.db", 60_000) }
        ),
        (
          // After a good end there is nothing in it that is not in the file.
          "the history's log garbage at a start", [],
          { try Self.garbage(shared + "/bascule.db-wal") }
        ),
        (
          "the history gone at a start", ["history", "begins"],
          {
            for suffix in ["", "-wal", "-shm"] { unlink(shared + "/bascule.db" + suffix) }
            return "no file \(shared)/bascule.db"
          }
        ),
        (
          // For people, who see it; the ledger knows the same.
          "revisions.log garbage at a start", [],
          { try Self.garbage(manager.root + "/revisions.log") }
        ),
      ]
      for (name, says, harm) in cases {
        (manager, served) = try await Sweep.check(name, repository) {
          let numbers = try await manager.status()["last"]["id"].int ?? 0
          guard try await manager.stop() == 0 else { throw Failure("it did not stop") }
          let proof = try harm()
          let again = try await manager.again(["GIT_REPO": repository.path])
          try await again.untilServes(served)
          if says.isEmpty {
            let last = try await again.status()["last"]["id"].int
            guard last == numbers else { throw Failure("the last is \(last ?? 0), not \(numbers)") }
          }
          // A number of a deployment never stands for another one: its log is still there.
          let version = Sweep.version()
          let id = try await again.push(repository.commit(version))
          guard id > numbers else { throw Failure("deployment \(id) after \(numbers)") }
          if says.isEmpty { try await again.untilIdle() }
          let path = manager.root + "/revisions.log"
          let revisions = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
          let isRecorded = revisions.split(separator: "\n").last?.contains("deployed as release") == true
          guard !says.isEmpty || isRecorded else {
            throw Failure("revisions.log does not end with the deployment")
          }
          return Sweep.Aftermath(
            manager: again, proof: proof + (says.isEmpty ? "; deployment \(id) is recorded" : ""),
            serving: [version], says: says, told: { again.log })
        }
      }
    }
  }

  @Test func `a lockfile that is garbage, and a spare and a cache that are`() async throws {
    try await Workspace.with { workspace in
      let registry = try await Registry(in: workspace)
      try registry.publish("left", "1.0.0")
      let repository = try await Repository(in: workspace)
      try registry.use(in: repository)
      let dependencies = ["left": "1.0.0"]
      try await repository.commit("1", dependencies: dependencies)
      try await registry.lock(repository)
      let manager = try await Manager.start(in: workspace, ["GIT_REPO": repository.path])
      try await manager.untilServes("1")
      try await manager.untilIdle()
      func commit(_ version: String) async throws {
        try await repository.commit(version, dependencies: dependencies)
      }

      let lock = try Data(contentsOf: URL(filePath: repository.path + "/bun.lock"))
      try await Sweep.check("the lockfile in the repository garbage", repository, commit: commit) {
        let proof = try Self.garbage(repository.path + "/bun.lock", 400)
        try await commit(Sweep.version())
        let finished = try await manager.bascule("deploy")
        guard finished.code == 1 else { throw Failure("it was deployed: \(finished)") }
        try lock.write(to: URL(filePath: repository.path + "/bun.lock"))
        return Sweep.Aftermath(
          manager: manager, proof: proof, serving: ["1"],
          says: ["failed: ", "installing the dependencies failed", "lockfile"],
          told: { try await manager.lastError() })
      }
      try await Sweep.check("files of the spare garbage", repository, commit: commit) {
        let spare = manager.root + "/shared/spare"
        try await manager.whileRunning("there is a spare") { manager.file("shared/spare.ready") != nil }
        let proof = try Self.garbage(spare + "/index.ts") + "; .git removed"
        try FileManager.default.removeItem(atPath: spare + "/.git")
        let version = Sweep.version()
        try await commit(version)
        let told = manager.listening()
        try await manager.bascule("deploy", exits: 0)
        guard let index = manager.file("current/index.ts"),
          index == (try String(contentsOfFile: repository.path + "/index.ts", encoding: .utf8))
        else { throw Failure("the noise is in the release") }
        return Sweep.Aftermath(
          manager: manager, proof: proof + "; the release has the file of the repository",
          serving: [version], says: [], told: told)
      }
      try await Sweep.check("Bun's cache garbage", repository, commit: commit) {
        let cache = manager.root + "/shared/cache"
        var names: [String] = []
        for name in try FileManager.default.subpathsOfDirectory(atPath: cache) {
          var isFolder: ObjCBool = false
          guard FileManager.default.fileExists(atPath: cache + "/" + name, isDirectory: &isFolder),
            !isFolder.boolValue
          else { continue }
          _ = try Self.garbage(cache + "/" + name, 100)
          names.append(name)
        }
        guard !names.isEmpty else { throw Failure("the cache is empty") }
        unlink(manager.root + "/shared/spare.ready")
        let version = Sweep.version()
        try await commit(version)
        let told = manager.listening()
        let finished = try await manager.bascule("deploy")
        // Bun does not look at what it has unpacked once.
        let path = manager.root + "/current/node_modules/left/package.json"
        let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        let isNoise = !text.contains("\"left\"")
        return Sweep.Aftermath(
          manager: manager,
          proof: "\(names.count) files of the cache are noise; exit code \(finished.code)",
          serving: [version], says: [], told: told,
          silence: isNoise ? "NOT NOTICED: Bun installs what its cache has" : "healed in silence")
      }
    }
  }
}
