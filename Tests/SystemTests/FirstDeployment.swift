import Foundation
import Testing

/// From an empty folder to an app that answers, over a real sshd.
@Suite(.fewAtATime)
struct FirstDeployment {
  enum Spelling: CaseIterable {
    case raw, escaped, base64

    func spell(_ key: String) -> String {
      switch self {
      case .raw: key
      case .escaped: key.replacingOccurrences(of: "\n", with: "\\n")
      case .base64: Data(key.utf8).base64EncodedString()
      }
    }
  }

  @Test(arguments: Spelling.allCases)
  func `an Ed25519 key in any spelling clones, installs, builds and starts`(spelling: Spelling) async throws {
    try await withServer { server, repository, workspace in
      let registry = try await Registry(in: workspace)
      try registry.publish("left", "1.0.0")
      try registry.publish("right", "2.1.0", dependencies: ["left": "^1.0.0"])
      try registry.use(in: repository)
      try await repository.commit("1", dependencies: ["right": "^2.0.0"])
      let commit = try await registry.lock(repository)
      let key = try await server.key("ed25519")

      let manager = try await Manager.start(
        in: workspace,
        [
          "GIT_REPO": server.address(of: repository), "GIT_SSH_KEY": spelling.spell(key),
          "BUN_PORT": "1", "COLOUR": "blue",
        ])
      let app = try await manager.untilServes("1")

      #expect(app["release"].string == "1")
      #expect(app["commit"].string == commit)
      #expect(app["directory"].string == manager.root + "/releases/1")
      let environment = app["environment"]
      let port = try #require(environment["PORT"].string.flatMap { Int($0) })
      #expect(![manager.port, manager.controlPort].contains(port), "the public port is the front's")
      #expect(environment["APP_SOCKET"].string?.hasPrefix(manager.root + "/shared/run/") == true)
      #expect(environment["SOURCE_COMMIT"].string == commit)
      #expect(environment["COLOUR"].string == "blue")
      for hidden in ["GIT_SSH_KEY", "WEBHOOK_SECRET", "BUN_PORT"] { #expect(environment[hidden].isNull) }
      let modules = try await request("GET", "/modules", port: manager.port).json.list.map(\.string)
      #expect(modules == ["node_modules/left/package.json", "node_modules/right/package.json"])

      try await manager.untilIdle()
      #expect(manager.current == "releases/1")
      #expect(manager.file("releases/1/REVISION")?.trimmingCharacters(in: .newlines) == commit)
      #expect(
        manager.file("releases/1/REVISION_TIME")?.contains(#/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/#) == true)
      #expect(manager.file("releases/1/built.txt") != nil)
      let line = try await manager.whileRunning("the deployment is written down") {
        manager.file("revisions.log")
      }
      #expect(line.contains("Branch main (at \(commit.prefix(7))) deployed as release 1 by "))
      #expect(
        try await workspace.run(["git", "-C", manager.root + "/releases/1", "rev-parse", "HEAD"]) == commit
          + "\n")

      #expect(try permissions(manager.root + "/shared/.ssh") == 0o700)
      let middle = key.split(separator: "\n")[2]
      #expect(try await keyFiles(under: manager.root, holding: middle, workspace) == [0o600])
      #expect(!manager.log.contains(middle))
    }
  }

  @Test(arguments: [["rsa", "-b", "2048"], ["rsa", "-b", "2048", "-m", "PEM"], ["ed25519", "-m", "PEM"]])
  func `RSA and PEM keys do as well`(kind: [String]) async throws {
    try await withServer { server, repository, workspace in
      let file = workspace.fresh("files")
      try await workspace.run(["ssh-keygen", "-q", "-N", "", "-f", file, "-t"] + kind)
      try server.admit(file)
      let manager = try await Manager.start(
        in: workspace,
        ["GIT_REPO": server.address(of: repository), "GIT_SSH_KEY_FILE": file])
      try await manager.untilServes("1")
    }
  }

  @Test func `a text that is no key stops the start with 78 and is not shown`() async throws {
    try await Workspace.with { workspace in
      let key =
        "-----BEGIN OPENSSH PRIVATE KEY-----\nnotreallyakeyatallnotreally\n-----END OPENSSH PRIVATE KEY-----\n"
      try await expectRefusal(
        of: ["GIT_SSH_KEY": key], naming: "GIT_SSH_KEY", hiding: "notreallyakey", workspace)
    }
  }

  @Test func `a key with a passphrase stops the start with 78`() async throws {
    try await Workspace.with { workspace in
      let file = workspace.fresh("files")
      try await workspace.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "a passphrase", "-f", file])
      let key = try String(contentsOfFile: file, encoding: .utf8)
      try await expectRefusal(of: ["GIT_SSH_KEY": key], naming: "passphrase", workspace)
    }
  }

  @Test func `a key the server does not know is told, and the manager waits for a better day`() async throws {
    try await withServer { server, repository, workspace in
      let key = try await server.key("ed25519", authorized: false)
      let manager = try await Manager.start(
        in: workspace, ["GIT_REPO": server.address(of: repository), "GIT_SSH_KEY": key])
      try await manager.whileRunning("the refusal is in the log") {
        manager.log.contains("Permission denied") || manager.log.contains("GIT_SSH_KEY")
      }
      #expect(try await request("GET", "/up", port: manager.controlPort).status == 200)
      #expect(try await request("GET", "/ready", port: manager.controlPort).status == 503)
      #expect(try manager.releaseNumbers().isEmpty || manager.current == nil)
    }
  }

  @Test func `with GIT_SSH_KNOWN_HOSTS only those hosts are trusted`() async throws {
    try await withServer { server, repository, workspace in
      let key = try await server.key("ed25519")
      let impostor = try await SSHServer(in: workspace, named: "impostor")
      let other = impostor.knownHost.replacingOccurrences(of: ":\(impostor.port) ", with: ":\(server.port) ")
      let settings = ["GIT_REPO": server.address(of: repository), "GIT_SSH_KEY": key]

      let refusing = try await Manager.start(
        in: workspace, settings.merging(["GIT_SSH_KNOWN_HOSTS": other]) { $1 })
      try await refusing.whileRunning("the wrong host key is told") {
        refusing.log.localizedCaseInsensitiveContains("host key")
          || refusing.log.contains("HOST IDENTIFICATION")
      }
      #expect(await refusing.isReady() == false)
      #expect(try await refusing.stop() == 0)

      let trusting = try await refusing.again(
        settings.merging(["GIT_SSH_KNOWN_HOSTS": server.knownHost]) { $1 })
      try await trusting.untilServes("1")
    }
  }

  @Test func `a token opens an http repository and is found nowhere`() async throws {
    try await Workspace.with { workspace in
      let token = "tok-\(UUID().uuidString)"
      let repository = try await Repository(in: workspace)
      try await repository.commit("1")
      let port = try freePort()
      let host = try Child.start(
        ["bun", Toolbox.support + "/githost.ts", "\(port)", workspace.path, token], in: workspace)
      try await eventually("the git host listens\n\(host.errors)") { (try? Connection(port: port)) != nil }

      let manager = try await Manager.start(
        in: workspace, ["GIT_REPO": "http://127.0.0.1:\(port)/upstream/.git", "GIT_TOKEN": token])
      try await manager.untilServes("1")
      try await manager.deploy(repository.commit("2"), serving: "2")
      #expect(!manager.log.contains(token))
      let found = try await workspace.attempt(["grep", "-rlaF", token, manager.root])
      #expect(found.output.isEmpty)

      #expect(try await manager.stop() == 0)
      let refused = try await manager.again([
        "GIT_REPO": "http://127.0.0.1:\(port)/upstream/.git", "GIT_TOKEN": "wrong",
      ])
      try await refused.untilServes("2")
      try await repository.commit("3")
      let failed = try await refused.bascule("deploy")
      #expect(failed.code == 1)
      #expect(failed.errors.contains("GIT_TOKEN"), "\(failed)")
    }
  }

  @Test func `submodules are checked out`() async throws {
    try await withServer { server, repository, workspace in
      let part = try await Repository(in: workspace, named: "part")
      try await part.commit("part")
      let key = try await server.key("ed25519")
      let file = try workspace.write(key, to: "files/key", mode: 0o600)
      try await workspace.run(
        ["git", "submodule", "--quiet", "add", server.address(of: part), "part"],
        environment: [
          "GIT_SSH_COMMAND": "ssh -i \(file) -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
        ], directory: repository.path)
      try await repository.commitAll("Add a part")
      let manager = try await Manager.start(
        in: workspace, ["GIT_REPO": server.address(of: repository), "GIT_SSH_KEY": key])
      try await manager.untilServes("1")
      #expect(manager.file("releases/1/part/app.json")?.contains("part") == true)
    }
  }

  @Test func `git, install, build and the app run as APP_USER, and only PID 1 is root`() async throws {
    try await Workspace.with { workspace in
      let repository = try await Repository(in: workspace)
      try await repository.commit("1", build: "id -u > built.txt")
      let manager = try await Manager.start(
        in: workspace, ["GIT_REPO": repository.path, "APP_USER": "daemon"])
      let app = try await manager.untilServes("1")
      #expect(app["uid"].int == 1)
      #expect(manager.file("releases/1/built.txt") == "1\n")
      #expect(Procfs.status(try await manager.pid(), "Uid") == 0)
    }
  }

  private func withServer(_ body: (SSHServer, Repository, Workspace) async throws -> Void) async throws {
    try await Workspace.with { workspace in
      let repository = try await Repository(in: workspace)
      try await repository.commit("1")
      try await body(try await SSHServer(in: workspace), repository, workspace)
    }
  }

  private func permissions(_ path: String) throws -> Int {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return try #require(attributes[.posixPermissions] as? Int)
  }

  /// The permissions of every file under `shared` that holds this part of the key.
  private func keyFiles(under root: String, holding part: Substring, _ workspace: Workspace) async throws
    -> [Int]
  {
    let found = try await workspace.attempt(["grep", "-rlF", "--", String(part), root])
    return try found.output.split(separator: "\n").map { try permissions(String($0)) }
  }
}

/// Exit code 78, and a line that names the setting.
func expectRefusal(
  of settings: [String: String], naming name: String, hiding secret: String? = nil, _ workspace: Workspace,
  sourceLocation: SourceLocation = #_sourceLocation
) async throws {
  let repository = try await Repository(in: workspace, named: UUID().uuidString)
  let manager = try await Manager.start(
    in: workspace, root: workspace.fresh("files"), ["GIT_REPO": repository.path].merging(settings) { $1 })
  #expect(try await manager.process.ended() == 78, "\(manager.log)", sourceLocation: sourceLocation)
  #expect(manager.log.contains(name), "\(manager.log)", sourceLocation: sourceLocation)
  if let secret { #expect(!manager.log.contains(secret), sourceLocation: sourceLocation) }
}
