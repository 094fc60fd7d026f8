import Foundation
import Testing

/// A repository of somebody who wants to get out of it.
@Suite(.fewAtATime)
struct HostileRepository {
  private static let names = [
    "new\nline", "-rf", "--help", "tab\there", "esc\u{1b}[31m\u{1b}]0;title\u{7}", "q\"'`$(touch pwned)",
    " lead",
    "trail ", "\u{202e}rtl", ".bascule-new/x", ".bascule-link/x", "README", "Readme", "readme",
    String(repeating: "n", count: 250), "hooks/post-checkout", ".husky/post-checkout", "\u{9b}2J",
  ]

  @Test func `odd names, links out of the tree and filters lead nowhere`() async throws {
    try await withApp(["SHARED_PATHS": "public/uploads/,data/"]) { manager, repository in
      let victim = manager.workspace.path + "/victim"
      try manager.workspace.makeFolder("victim/uploads")
      for name in ["REVISION", "package.json", "index.ts"] {
        try manager.workspace.write("precious", to: "victim/\(name)", mode: 0o600)
      }
      let before = try await fingerprint(of: victim, in: manager.workspace)
      for name in Self.names { try repository.write(name, Data("#!/bin/sh\ntouch \(victim)/pwned\n".utf8)) }
      let filters =
        "* filter=evil diff=evil merge=evil text=auto\n*.ts working-tree-encoding=UTF-16 export-subst\n"
      try repository.write("sub/.gitattributes", Data(filters.utf8))
      let evil =
        "[filter \"evil\"]\n\tsmudge = touch \(victim)/pwned\n[core]\n\thooksPath = hooks\n\tfsmonitor = hooks/post-checkout\n"
      for name in [".gitconfig", ".lfsconfig", "sub/config"] { try repository.write(name, Data(evil.utf8)) }
      for (name, target) in [
        ("REVISION", "\(victim)/REVISION"), ("REVISION_TIME", "../../../victim/time"),
        ("node_modules", victim),
        ("data", "\(victim)/uploads"), ("linked.ts", "/etc/shadow"), ("releases", "../../releases"),
        ("loop", "loop"),
      ] {
        try FileManager.default.createSymbolicLink(
          atPath: "\(repository.path)/\(name)", withDestinationPath: target)
      }
      try await repository.commit("2")
      try await manager.bascule("deploy", exits: 0)
      try await manager.untilServes("2")
      #expect(manager.file("releases/2/new\nline") != nil, "they were checked out")
      #expect(try await fingerprint(of: victim, in: manager.workspace) == before)
      #expect(
        try FileManager.default.destinationOfSymbolicLink(atPath: manager.root + "/releases/2/data")
          == "../../shared/data")
      #expect(manager.file("releases/2/REVISION")?.count == 41)
      try await expectCleanTerminal(manager)

      // What root would have to go through is refused, and said.
      try FileManager.default.createSymbolicLink(
        atPath: "\(repository.path)/public", withDestinationPath: victim)
      try await repository.commit("3")
      let failed = try await manager.bascule("deploy")
      #expect(
        failed.code == 1 && failed.errors.contains("public") && failed.errors.contains("SHARED_PATHS"),
        "\(failed)")
      #expect(try await fingerprint(of: victim, in: manager.workspace) == before)
      #expect(try await manager.app()["version"].string == "2")
    }
  }

  @Test func `package.json by a link out of the release is not read by root`() async throws {
    try await withApp { manager, repository in
      let secret = #"{"scripts": {"build": "x", "start": "x"}, "password": "hunter2hunter2"}"#
      try manager.workspace.write(secret, to: "secret.json", mode: 0o600)
      try await repository.commit("2")
      try FileManager.default.removeItem(atPath: repository.path + "/package.json")
      try FileManager.default.createSymbolicLink(
        atPath: repository.path + "/package.json",
        withDestinationPath: manager.workspace.path + "/secret.json")
      try await repository.commitAll("A link out")
      let builds = { manager.log.split(separator: "\n").count { $0.hasSuffix(" | $ bun run build") } }
      #expect(builds() == 1, "the first one's")
      let failed = try await manager.bascule("deploy")
      #expect(failed.code == 1)
      // Root would have found a build script in there.
      #expect(!failed.output.contains("$ bun run build") && builds() == 1)
      #expect(
        failed.output.contains("no build script") || failed.errors.contains("no build script"), "\(failed)")
      #expect(try await manager.app()["version"].string == "1")
      // Within the release a link is as good as a file.
      try FileManager.default.removeItem(atPath: repository.path + "/package.json")
      let inside = #"{"scripts": {"build": "echo yes > by-link", "start": "bun index.ts"}}"#
      try repository.write("config/package.json", Data(inside.utf8))
      try FileManager.default.createSymbolicLink(
        atPath: repository.path + "/package.json", withDestinationPath: "config/package.json")
      try await repository.commitAll("A link inside")
      try await manager.bascule("deploy", exits: 0)
      #expect(manager.file("current/by-link") == "yes\n")
    }
  }

  @Test func `submodules run nothing and read nothing that the app's user may not`() async throws {
    try await withApp { manager, repository in
      let marker = manager.workspace.path + "/files/pwned"
      let closed = try await Repository(in: manager.workspace, named: "closed")
      try await closed.commit("secret")
      chmod(closed.path, 0o700)
      for url in [
        "ext::sh -c touch% \(marker)", "--upload-pack=touch \(marker)", "file://\(closed.path)", "../closed",
        "fd::17", "ssh://-oProxyCommand=touch%20\(marker)/x",
      ] {
        try repository.write(
          ".gitmodules",
          Data("[submodule \"a\"]\n\tpath = a\n\turl = \(url)\n\tupdate = !touch \(marker)\n".utf8))
        try await repository.git(
          "update-index", "--add", "--cacheinfo", "160000,\(try await repository.head()),a")
        try await repository.git("add", ".gitmodules")
        try await repository.git("commit", "--quiet", "-m", "A submodule")
        let failed = try await manager.bascule("deploy")
        #expect(failed.code == 1, "\(url): \(failed)")
        #expect(access(marker, F_OK) != 0, "\(url)")
        #expect(try await manager.app()["version"].string == "1")
      }
    }
  }

  /// Who may push some branch but not main must not choose what is deployed.
  @Test func `a branch that is called like a commit is not taken for it`() async throws {
    try await withApp { manager, repository in
      let wanted = try await repository.commit("2")
      try await repository.git("checkout", "--quiet", "-b", "theirs")
      let evil = try await repository.commit("evil")
      try await repository.git("update-ref", "refs/heads/\(wanted)", evil)
      try await repository.git("update-ref", "refs/tags/\(wanted)", evil)
      for name in ["--upload-pack=x", "-x"] {
        try await repository.git("update-ref", "refs/heads/\(name)", evil)
      }
      try await repository.git("tag", "main", evil)
      try await repository.git("checkout", "--quiet", "refs/heads/main")
      #expect(try await manager.webhook.push(.init(after: wanted)).status == 202)
      try await manager.untilServes("2")
      try await manager.untilIdle()
      try await manager.bascule("deploy", "--ref", wanted, "--force", exits: 0)
      #expect(try await manager.app()["version"].string == "2")
      try await manager.bascule("deploy", "--force", exits: 0)
      #expect(try await manager.app()["version"].string == "2", "main is the branch, not the tag")
      for name in [
        "--upload-pack=x", "-x", "a..b", "x\u{1b}[31m", "@{1}", "HEAD@{1}", ":/evil", "main^{/evil}",
      ] {
        let answer = try await manager.webhook.send(["ref": name])
        #expect(answer.status == 400 && !answer.text.contains("\u{1b}"), "\(name): \(answer)")
      }
      #expect(try await manager.app()["version"].string == "2")
    }
  }

  @Test func `messages and authors of any kind and size reach no terminal and no page raw`() async throws {
    try await withApp { manager, repository in
      let nasty = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m<script>alert(1)</script>\u{202e}\u{0}"
        .replacingOccurrences(of: "\u{0}", with: "")
      let file = try manager.workspace.write(
        nasty + String(repeating: "0123456789", count: 1_000_000) + "\n\n" + nasty, to: "files/message")
      try repository.write("app.json", Data(#"{"version": "2", "behaviour": "ok"}"#.utf8))
      try await repository.git("add", "--all")
      try await repository.git(
        "-c", "user.name=\(nasty)", "commit", "--quiet", "--file", file, "--cleanup=verbatim")
      let commit = try await repository.head()
      let pid = try await manager.pid()
      let before = try #require(Procfs.status(pid, "VmRSS"))
      #expect(try await manager.webhook.push(.init(after: commit, messages: [nasty + nasty])).status == 202)
      try await manager.untilServes("2")
      try await manager.untilIdle()
      #expect(try #require(Procfs.status(pid, "VmRSS")) - before < mostMemory(30_000))
      let token = try await manager.token("me", admin: true)
      let release = try await manager.api("/api/projects/main/releases", token: token).json["items"][0]
      #expect(release["message"].string?.contains("<script>") == true, "it is what was said: \(release)")
      #expect(try #require(release["message"].string).utf8.count < 10_000)
      try await expectCleanTerminal(manager)
    }
  }

  @Test func `many files and huge ones are only a matter of time`() async throws {
    try await withApp { manager, repository in
      let count = Toolbox.limit("BASCULE_FILES", otherwise: 5000)
      for number in 0..<count {
        try repository.write("many/\(number % 100)/\(number)", Data("\(number)\n".utf8))
      }
      // Of noise, which does not pack: BASCULE_HUGE MiB.
      let size = Toolbox.limit("BASCULE_HUGE", otherwise: 20) << 20
      let noise = try FaultDamage.noise(size)
      guard noise.count == size else { throw Failure("\(noise.count) bytes of noise") }
      try repository.write("huge", noise)
      try await repository.commit("2")
      let pid = try await manager.pid()
      let before = try #require(Procfs.status(pid, "VmRSS"))
      try await manager.bascule("deploy", exits: 0)
      try await manager.untilServes("2")
      #expect(manager.file("releases/2/many/99/\(count - 1)") == "\(count - 1)\n")
      let huge = try Data(contentsOf: URL(filePath: manager.root + "/releases/2/huge"))
      #expect(huge == noise)
      #expect(try #require(Procfs.status(pid, "VmRSS")) - before < mostMemory(30_000))
      try await manager.untilIdle()
    }
  }

  @Test func `one that never stops growing is held to the deployment's time`() async throws {
    let endless = try ScriptedUpstream { stream, _ in
      guard try stream.readRequest() != nil else { return }
      try stream.send(
        "HTTP/1.1 200 OK\r\nContent-Type: application/x-git-upload-pack-advertisement\r\n\r\n001e# service=git-upload-pack\n0000"
      )
      let line = "003f" + String(repeating: "a", count: 40) + " refs/heads/0123456789\n"
      while true {
        try stream.send(String(repeating: line, count: 20))
        pause(milliseconds: 5)
      }
    }
    defer { endless.stop() }
    try await withApp { manager, _ in
      #expect(try await manager.stop() == 0)
      // The time is over for git before it has asked, too: where it was, more of it shows what this is about.
      for seconds in [4, 16, 64] where endless.connections.isEmpty {
        let again = try await manager.again([
          "GIT_REPO": "http://\(endless.address)/x.git", "APP_USER": "daemon", "DEPLOY_TIMEOUT": "\(seconds)",
        ])
        try await again.untilServes("1")
        let failed = try await again.bascule("deploy")
        #expect(failed.code == 1 && failed.errors.contains("DEPLOY_TIMEOUT"), "\(failed)")
        #expect(try await again.app()["version"].string == "1")
        #expect(try await again.stop() == 0)
      }
      #expect(!endless.connections.isEmpty)
    }
  }

  /// What a person sees of it.
  private func expectCleanTerminal(_ manager: Manager) async throws {
    var seen = [manager.log]
    for command in [["status"], ["releases"], ["logs"], ["audit"], ["projects"]] {
      let finished = try await manager.bascule(command)
      seen.append(finished.output + finished.errors)
    }
    seen.append(manager.file("revisions.log") ?? "")
    for text in seen {
      let raw = text.unicodeScalars.filter {
        $0 != "\n" && $0 != "\t" && $0.properties.generalCategory == .control
      }
      #expect(raw.isEmpty, "\(text.prefix(2000).debugDescription)")
    }
  }

  /// Also when the files were read; of a folder that changes with this very look.
  private func fingerprint(of folder: String, in workspace: Workspace) async throws -> String {
    let all = try await workspace.run(["find", folder, "-printf", "%P %U %G %m %C@ %s %l\\n"])
    return all + (try await workspace.run(["find", folder, "-type", "f", "-printf", "%P %A@\\n"]))
  }

  private func withApp(_ settings: [String: String] = [:], _ body: (Manager, Repository) async throws -> Void)
    async throws
  {
    try await withLiveApp(["APP_USER": "daemon"].merging(settings) { $1 }, body)
  }
}
