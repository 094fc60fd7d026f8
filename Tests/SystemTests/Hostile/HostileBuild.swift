import Foundation
import Testing

/// A build that does its worst, as a user that is not root.
@Suite(.fewAtATime)
struct HostileBuild {
  @Test func `it reads no secret, stops nobody and writes nothing that is Bascule's`() async throws {
    try await withVictim { manager, repository in
      try repository.add("look.ts")
      let before = manager.file("shared/jwt.secret")
      // So that there is a delivery to be read.
      #expect(try await manager.webhook.post(Data("{}".utf8), event: "ping").status == 200)
      try await repository.commit("2", build: "bun look.ts")
      try await manager.bascule("deploy", exits: 0)
      let text = try #require(manager.file("releases/2/attempts.json"))
      let attempts = try JSON(parsing: text)
      #expect(attempts.names.count > 30)
      for name in Self.secrets.keys.sorted() + ["GIT_SSH_KEY"] {
        #expect(attempts.names.contains("\(name) in an environment"), "nobody has looked for it")
      }
      for name in attempts.names {
        let outcome = attempts[name].string ?? ""
        #expect(outcome.hasPrefix("refused: "), "\(name): \(outcome)")
      }
      #expect(manager.file("shared/jwt.secret") == before && manager.current == "releases/2")
      try await manager.untilServes("2")
    } settings: { workspace in
      let key = workspace.path + "/key"
      try await workspace.run(["ssh-keygen", "-q", "-N", "", "-t", "ed25519", "-f", key])
      var secrets = Self.secrets
      secrets["GIT_SSH_KEY"] = try String(contentsOfFile: key, encoding: .utf8)
      // As of a time when they were made and not given: there is something to be read.
      try workspace.makeFolder("app/shared")
      for name in ["jwt.secret", "admin.password"] {
        try workspace.write(
          String(repeating: "made before ", count: 4), to: "app/shared/\(name)", mode: 0o600)
      }
      // What a build would look for, in a form that is not itself masked or taken away.
      let wanted = secrets.map { "\($0.key):\(Data($0.value.utf8).base64EncodedString())" }
      return secrets.merging([
        "LOOK_FOR": wanted.sorted().joined(separator: ","), "FOR_EVERYBODY": "a value for everybody",
        "NOTIFY_EMAIL_TO": "ada@example.org",
        // Nothing fails here: nobody is told of anything.
        "NOTIFY_ON": "failure",
      ]) { $1 }
    }
  }

  /// One of every secret setting but the key, which has to be a real one.
  private static let secrets = [
    "WEBHOOK_SECRET": Webhook.secret, "METRICS_TOKEN": "a token of the tests",
    "GIT_TOKEN": "token-of-the-repository", "JWT_SECRET": "what the tokens of the tests are signed with",
    "ADMIN_PASSWORD": "a password of the tests", "NOTIFY_WEBHOOK_SECRET": "what the news are signed with",
    "NOTIFY_WEBHOOK_URL": "http://127.0.0.1:9/hooks/of-the-tests",
    "SLACK_WEBHOOK_URL": "http://127.0.0.1:9/services/of-the-tests",
    "DISCORD_WEBHOOK_URL": "http://127.0.0.1:9/api/webhooks/of-the-tests",
    "SMTP_URL": "smtp://ada:secret-of-the-mail@127.0.0.1:9", "GITHUB_TOKEN": "token-of-the-statuses",
    "DOKPLOY_WEBHOOK_SECRET": "what Dokploy has handed on",
  ]

  /// Neither its group, its session nor its environment tells where it came from.
  @Test func `what it leaves running is ended, whatever it sheds`() async throws {
    try await withVictim { manager, repository in
      let hidden =
        "setsid env -i perl -e 'fork and exit; $0=q(innocent); open F,q(>),q(up); close F; sleep 600' &"
      try await repository.commit(
        "2", build: "\(hidden) until [ -e up ]; do sleep 0.01; done; pgrep -x innocent > pid")
      try await manager.bascule("deploy", exits: 0)
      try await manager.untilServes("2")
      #expect(manager.file("releases/2/pid")?.isEmpty == false, "it did run")
      let pid = try await manager.pid()
      let left = Procfs.descendants(of: pid).filter { Procfs.commandLine($0).first == "innocent" }
      #expect(left.isEmpty)
      #expect(manager.log.contains("left 1 processes running"))
    }
  }

  /// However many it makes, the kernel gives its user no more than a part of what there is.
  @Test func `a fork bomb leaves the app and Bascule their processes, and is gone when it is canceled`()
    async throws
  {
    // A bound of the test's own, which nobody but root can leave.
    try await withVictim(user: "games", under: ["prlimit", "--nproc=400:400"]) { manager, repository in
      let bomb =
        "perl -e '$SIG{TERM}=q(IGNORE); while (1) { defined(fork) or select(undef, undef, undef, 0.02) }'"
      try await repository.commit("2", build: "setsid env -i \(bomb) & sleep 600")
      let queued = try await manager.bascule("deploy", "--background", "--json", exits: 0)
      let id = try #require(try JSON(parsing: queued.output)["deployment"].int)
      let pid = try await manager.pid()
      try await manager.whileRunning("the bomb has gone off") { count(of: "perl", below: pid) > 150 }
      let app = try #require(try await manager.app()["pid"].int)
      // A crash now needs new processes, of the same user.
      _ = try? await request("GET", "/crash", port: manager.port)
      try await manager.whileRunning("the app is back") {
        guard let now = (try? await manager.app())?["pid"].int else { return false }
        return now != app
      }
      #expect(count(of: "perl", below: pid) <= 200, "half of what there may be")
      try await manager.bascule("cancel", "\(id)", exits: 0)
      try await manager.untilIdle()
      try await manager.whileRunning("the bomb is gone") { count(of: "perl", below: pid) == 0 }
      try await repository.commit("3")
      try await manager.bascule("deploy", exits: 0)
      try await manager.untilServes("3")
    }
  }

  private func count(of program: String, below pid: pid_t) -> Int {
    // Not along the tree: it changes faster than it can be walked.
    let namespace = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/ns/pid")
    return Procfs.pids().count {
      Procfs.commandLine($0).first == program && Procfs.state($0) != "Z"
        && (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\($0)/ns/pid")) == namespace
    }
  }

  @Test func `links in the place of a release lead root nowhere`() async throws {
    try await Workspace.with { workspace in
      let victim = workspace.path + "/victim"
      for folder in ["", "/.git", "/.git/info", "/public", "/objects"] {
        try workspace.makeFolder("victim" + folder)
      }
      try workspace.write(
        "{\"scripts\": {\"build\": \"touch victim-built\"}}", to: "victim/package.json", mode: 0o600)
      try workspace.write("precious", to: "victim/REVISION", mode: 0o600)
      let repository = try await Repository(in: workspace)
      try repository.add("swap.ts")
      try await repository.commit("1", start: "bun swap.ts")
      let manager = try await Manager.start(
        in: workspace,
        [
          "GIT_REPO": repository.path, "APP_USER": "daemon", "VICTIM": victim,
          "SHARED_PATHS": "public/uploads/,.env.d/",
        ])
      try await manager.untilServes("1")
      try await manager.untilIdle()
      let before = try await fingerprint(of: victim, in: workspace)
      for number in 2...Toolbox.limit("BASCULE_SWAPS", otherwise: 6) {
        try await repository.commit("\(number)", build: nil, start: "SWAPS=no bun swap.ts")
        _ = try await manager.bascule("deploy", "--timeout", "60")
        try await manager.bascule("rollback", "1")
        try await manager.bascule("resume")
        try await manager.untilServes("1")
      }
      #expect(try #require(try await manager.app()["swaps"].int) > 50, "it has swapped")
      #expect(try await fingerprint(of: victim, in: workspace) == before)
      try workspace.write("", to: "app/releases/stop-swapping")
      try await repository.commit("last", start: "SWAPS=no bun swap.ts")
      try await manager.bascule("deploy", exits: 0)
      try await manager.untilServes("last")
    }
  }

  /// Names, owners, modes, times of change and contents.
  private func fingerprint(of folder: String, in workspace: Workspace) async throws -> String {
    let files = try await workspace.run(["find", folder, "-printf", "%P %U %G %m %C@ %s %l\\n"])
    return files + (try await workspace.run(["find", folder, "-type", "f", "-exec", "sha256sum", "{}", "+"]))
  }

  @Test func `a full volume ends it alone`() async throws {
    try await Workspace.with { workspace in
      let root = try await workspace.mount("small", options: "size=160m,mode=755")
      let repository = try await Repository(in: workspace)
      try await repository.commit("1")
      let manager = try await Manager.start(
        in: workspace, root: root, ["GIT_REPO": repository.path, "APP_USER": "daemon"])
      try await manager.untilServes("1")
      try await manager.untilIdle()
      try await repository.commit("2", build: "cat /dev/zero > big; touch more && echo room")
      let failed = try await manager.bascule("deploy")
      #expect(failed.code == 1 && failed.errors.contains("volume"), "\(failed)")
      #expect(try await manager.app()["version"].string == "1")
      #expect(try await manager.webhook.send(["ref": "no-such-branch"]).status == 202)
      try await manager.untilIdle()
      // The failed one is kept for its files: only the newest.
      try await manager.whileRunning("the next one works") {
        try await repository.commit("3", build: nil)
        return try await manager.bascule("deploy").code == 0
      }
      try await manager.untilServes("3")
    }
  }

  @Test func `a line without an end, and output that is closed, hold nothing up`() async throws {
    try await withVictim { manager, repository in
      let pid = try await manager.pid()
      let before = try #require(Procfs.status(pid, "VmRSS"))
      try await repository.commit(
        "2", build: "head -c 100000000 /dev/zero | tr '\\\\0' x; exec >&- 2>&-; sleep 600")
      let failed = try await manager.bascule("deploy")
      #expect(failed.code == 1 && failed.errors.contains("BUILD_TIMEOUT"), "\(failed.errors.suffix(500))")
      let grown = try #require(Procfs.status(pid, "VmRSS")) - before
      #expect(grown < mostMemory(30_000), "\(grown) KiB more")
      #expect(try await manager.app()["version"].string == "1")
      #expect(try await manager.webhook.send([:]).status == 202)
    } settings: { _ in
      ["BUILD_TIMEOUT": "6"]
    }
  }

  @Test func `it may ask for a RELOAD, and make none impossible`() async throws {
    try await withVictim { manager, repository in
      let asks =
        "cd ..; mkdir -p .bascule-new/x made/x; rm -f RELOAD; mv made RELOAD; ln -sfn /etc/passwd RELOAD.result; for n in $(seq 50); do touch RELOAD; done"
      try await repository.commit("2", build: asks + "; true")
      try await manager.bascule("deploy", exits: 0)
      try await manager.untilServes("2")
      let passwords = try String(contentsOfFile: "/etc/passwd", encoding: .utf8)
      #expect(manager.log.contains("RELOAD cannot be acted on"))
      #expect(
        manager.log.split(separator: "\n").count { $0.contains("RELOAD cannot be acted on") } <= 2,
        "\(manager.log)")
      try FileManager.default.removeItem(atPath: manager.root + "/releases/RELOAD/x")
      try FileManager.default.removeItem(atPath: manager.root + "/releases/RELOAD.result")
      try await manager.whileRunning("the empty folder is taken as well") { manager.isReloadConsumed }
      try await manager.untilIdle()
      try? FileManager.default.removeItem(atPath: manager.root + "/releases/RELOAD.result")
      try manager.touchReload()
      #expect(try await manager.reloadResult().names.isEmpty == false)
      #expect(try String(contentsOfFile: "/etc/passwd", encoding: .utf8) == passwords)
    }
  }

  @Test func `thousands of open files and sockets are its own affair`() async throws {
    try await withVictim { manager, repository in
      let open = """
        for my $n (1..5000) { socket(my $s, 2, 1, 0) or last; push @s, $s; $n > 3000 or connect($s, pack("S n a4 x8", 2, \(manager.controlPort), chr(127).chr(0).chr(0).chr(1))) or last }
        open F, q(>), q(count); print F scalar @s; close F; sleep 3
        """.replacingOccurrences(of: "\n", with: " ")
      try repository.write("open.pl", Data(open.utf8))
      try await repository.commit("2", build: "ulimit -n $(ulimit -Hn); perl open.pl")
      let deploy = Task { try await manager.bascule("deploy") }
      try await manager.whileRunning("they are open") { manager.file("releases/2/count")?.isEmpty == false }
      #expect(Int(manager.file("releases/2/count") ?? "") ?? 0 >= 1000)
      #expect(try await manager.app()["version"].string == "1")
      #expect(try await request("GET", "/up", port: manager.controlPort).status == 200)
      #expect(try await deploy.value.code == 0)
      try await manager.untilServes("2")
    }
  }

  /// A live app of another user than root, whose next build is hostile.
  private func withVictim(
    user: String = "daemon", under wrapper: [String] = [], _ body: (Manager, Repository) async throws -> Void,
    settings: (Workspace) async throws -> [String: String] = { _ in [:] }
  ) async throws {
    try await Workspace.with { workspace in
      let repository = try await Repository(in: workspace)
      try await repository.commit("1")
      let all = ["GIT_REPO": repository.path, "APP_USER": user].merging(try await settings(workspace)) { $1 }
      let manager = try await Manager.start(in: workspace, under: wrapper, all)
      try await manager.untilServes("1")
      try await manager.untilIdle()
      try await body(manager, repository)
    }
  }
}

extension Repository {
  /// A file of Support/hostile.
  func add(_ name: String) throws {
    try write(name, Data(contentsOf: URL(filePath: "\(Toolbox.support)/hostile/\(name)")))
  }
}
