import Foundation
import Testing

/// `./console` without a container: the newcomer's way, and what may come between.
@Suite(.fewAtATime)
struct ConsoleHere {
  static let here = ["BASCULE_ENGINE": "here"]

  @Test func `from a bare checkout to a live app, a change, back again, and the end`() async throws {
    try await Checkout.with { checkout in
      let started = try await checkout.console("start", with: Self.here, exits: 0)
      for part in [
        "http://localhost:\(checkout.port)", "http://localhost:\(checkout.controlPort)",
        ".local/app/shared/admin.password", "Next: change and commit something in .local/sample-repo",
      ] { #expect(started.output.contains(part), "\(started)") }
      let password = checkout.text(".local/app/shared/admin.password").trimmingCharacters(in: .newlines)
      #expect(password.count > 8 && started.output.contains(password), "the first start prints it once")
      #expect(try await release(checkout) == "1")
      #expect(try await page(checkout).contains("It is live."))

      let again = try await checkout.console("start", with: Self.here, exits: 0)
      #expect(again.output.contains("runs already"))
      #expect(again.output.contains("http://localhost:\(checkout.port)"))
      #expect(!again.output.contains(password))

      let changed = checkout.text(".local/sample-repo/index.ts")
        .replacingOccurrences(of: "It is live.", with: "It is changed.")
      try checkout.write(changed, to: ".local/sample-repo/index.ts")
      try await checkout.workspace.run([
        "git", "-C", checkout.sample, "commit", "--quiet", "-am", "Change it",
      ])
      try await checkout.console("deploy", exits: 0)
      #expect(try await page(checkout).contains("It is changed."))
      #expect(try await checkout.console("releases", exits: 0).output.contains("Change it"))
      try await checkout.console("rollback", exits: 0)
      #expect(try await page(checkout).contains("It is live."))
      #expect(try await checkout.console("status", exits: 0).output.contains("release 1"))
      #expect(try await checkout.console("logs", exits: 0).output.contains("Release 2 is live"))
      #expect(try await checkout.console("logs", "2", exits: 0).output.contains("Release 2 is live"))

      try await checkout.console("stop", exits: 0)
      #expect(throws: Failure.self) { _ = try Connection(port: checkout.port) }
      try await checkout.console("stop", exits: 0)
      let status = try await checkout.console("status")
      #expect(status.code == 69)
      #expect(status.errors.contains("./console start"), "\(status)")
      // What was rolled back to is served again.
      try await checkout.console("start", with: Self.here, exits: 0)
      #expect(try await release(checkout) == "1")
      try await checkout.console("restart", with: Self.here, exits: 0)
      #expect(try await release(checkout) == "1")
      try await checkout.console("stop", exits: 0)
    }
  }

  @Test(arguments: ["start", "stop", "restart"])
  func `a word too many changes nothing`(verb: String) async throws {
    try await Checkout.with { checkout in
      let finished = try await checkout.console(verb, "--help", with: Self.here, exits: 2)
      #expect(finished.errors.contains("usage: ./console"))
      #expect(!checkout.exists(".local"))
    }
  }

  @Test func `a start by somebody who may not use what runs says so, and ends`() async throws {
    try Toolbox.requireRoot(for: "another user")
    try await Checkout.with { checkout in
      try await checkout.console("start", with: Self.here, exits: 0)
      let other = try await checkout.workspace.attempt(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "./console", "start"],
        environment: checkout.environment.merging(Self.here) { $1 }, directory: checkout.path)
      #expect(other.code == 1, "\(other)")
      #expect(other.errors.contains("you may not use"), "\(other)")
      try await checkout.console("stop", exits: 0)
    }
  }

  @Test func `a commit in the sample repository needs no set-up of git`() async throws {
    try await Checkout.with { checkout in
      // What the other tests have, and a new machine has not.
      let nobody = ["AUTHOR_NAME", "AUTHOR_EMAIL", "COMMITTER_NAME", "COMMITTER_EMAIL"].map {
        "--unset=GIT_\($0)"
      }
      let without = ["env"] + nobody
      let started = try await checkout.workspace.attempt(
        without + ["./console", "start"], environment: checkout.environment.merging(Self.here) { $1 },
        directory: checkout.path)
      #expect(started.code == 0, "\(started)")
      try checkout.write("A note.\n", to: ".local/sample-repo/note.txt")
      try await checkout.workspace.run(without + ["git", "-C", checkout.sample, "add", "note.txt"])
      try await checkout.workspace.run(
        without + ["git", "-C", checkout.sample, "commit", "--quiet", "-m", "A note"])
      try await checkout.console("deploy", exits: 0)
      #expect(try await release(checkout) == "2")
      try await checkout.console("stop", exits: 0)
    }
  }

  @Test func `Ctrl-C while it builds leaves nothing behind that hinders the next start`() async throws {
    try await Checkout.with { checkout in
      try checkout.swift(does: "touch building; exec sleep 987654")
      let starting = try checkout.begin("start", with: Self.here)
      try await eventually("it builds") { checkout.exists("building") }
      try await checkout.interrupt(starting)
      #expect(try await starting.ended() == 130)
      #expect(try await checkout.console("stop").code == 0)
      try checkout.swift(does: "exit 0")
      try await checkout.console("start", with: Self.here, exits: 0)
      #expect(try await release(checkout) == "1")
      try await checkout.console("stop", exits: 0)
    }
  }

  @Test func `Ctrl-C while the app is prepared leaves it going on, and the next start waits for it`()
    async throws
  {
    try await Checkout.with { checkout in
      let build = "until [ -e \(checkout.path)/go ]; do sleep 0.05; done; bun run build"
      let settings = Self.here.merging(["BUILD_COMMAND": build]) { $1 }
      let starting = try checkout.begin("start", with: settings)
      try await eventually("it is at the build") { starting.output.contains("3/4") }
      try await checkout.interrupt(starting)
      #expect(try await starting.ended() == 130)
      #expect(starting.output.contains("goes on in the background"), "\(starting.output)")
      // Nothing of it goes on writing to the terminal.
      try await eventually("what showed the log is gone") {
        !Procfs.pids().contains {
          Procfs.commandLine($0).first == "tail" && Procfs.folder($0).hasPrefix(checkout.path)
        }
      }
      let next = try checkout.begin("start", with: settings)
      try await eventually("it waits") { next.output.contains("runs already") }
      try checkout.write("", to: "go")
      #expect(try await next.ended() == 0, "\(next.output)\(next.errors)")
      #expect(try await release(checkout) == "1")
      try await checkout.console("stop", exits: 0)
    }
  }

  @Test(arguments: ["1", "999999999", "nonsense", ""])
  func `a pid file that names another process, or none, is no obstacle`(pid: String) async throws {
    try await Checkout.with { checkout in
      try FileManager.default.createDirectory(
        atPath: checkout.path + "/.local", withIntermediateDirectories: true)
      try checkout.write(pid + "\n", to: ".local/bascule.pid")
      #expect(try await checkout.console("status").code == 69)
      #expect(try await checkout.console("stop").code == 0)
      try checkout.write(pid + "\n", to: ".local/bascule.pid")
      try await checkout.console("start", with: Self.here, exits: 0)
      #expect(try await release(checkout) == "1")
      try await checkout.console("stop", exits: 0)
    }
  }

  @Test func `a half-made sample repository is made anew`() async throws {
    try await Checkout.with { checkout in
      try checkout.workspace.makeFolder("checkout/.local/sample-repo.new/.git")
      try await checkout.console("start", with: Self.here, exits: 0)
      #expect(try await release(checkout) == "1")
      try await checkout.console("stop", exits: 0)
    }
  }

  @Test(arguments: ["PORT", "CONTROL_PORT"])
  func `a busy port is told before anything is built`(name: String) async throws {
    try await Checkout.with { checkout in
      let port = name == "PORT" ? checkout.port : checkout.controlPort
      try checkout.swift(does: "echo it builds; exit 1")
      let holder = try Child.start(
        ["python3", "-m", "http.server", "--bind", "127.0.0.1", "\(port)"], in: checkout.workspace)
      try await eventually("the port is taken\n\(holder.errors)") { (try? Connection(port: port)) != nil }
      let started = try await checkout.console("start", with: Self.here)
      #expect(started.code == 1)
      #expect(started.errors == "console: port \(port) is taken by another program: end it, or set \(name)\n")
      #expect(started.output.isEmpty)
    }
  }

  @Test func `a first deployment that fails is told, and the next one is waited for`() async throws {
    try await Checkout.with { checkout in
      let broken = Self.here.merging(["BUILD_COMMAND": "echo no template; exit 3"]) { $1 }
      let started = try await checkout.console("start", with: broken)
      #expect(started.code == 1)
      #expect(started.output.contains("no template"))
      #expect(started.errors.contains("The first deployment failed"), "\(started)")
      let status = try await checkout.console("status", exits: 0)
      #expect(status.output.contains("main: error"), "\(status)")
      try await checkout.console("restart", with: Self.here, exits: 0)
      #expect(try await release(checkout) == "2")
      try await checkout.console("stop", exits: 0)
    }
  }

  @Test func `a setting that cannot be right is shown, and its correction starts`() async throws {
    try await Checkout.with { checkout in
      try checkout.write("KEEP_RELEASES=0\n", to: ".env")
      let started = try await checkout.console("start", with: Self.here)
      #expect(started.code == 1)
      #expect(started.output.contains("KEEP_RELEASES holds \"0\""), "\(started)")
      #expect(started.errors.contains("Bascule ended"), "\(started)")
      try checkout.write("KEEP_RELEASES=2\n", to: ".env")
      try await checkout.console("start", with: Self.here, exits: 0)
      try await checkout.console("stop", exits: 0)
    }
  }

  @Test func `a restart that cannot be built leaves the old one serving`() async throws {
    try await Checkout.with { checkout in
      try await checkout.console("start", with: Self.here, exits: 0)
      try checkout.swift(does: "echo error: no such module; exit 1")
      try await checkout.console("restart", with: Self.here, exits: 1)
      #expect(try await release(checkout) == "1")
      try checkout.write("A=\"never closed\n", to: ".env")
      try await checkout.console("restart", with: Self.here, exits: 1)
      #expect(try await release(checkout) == "1")
      try await checkout.console("stop", exits: 0)
    }
  }

  @Test func `its help lists every command, and an unknown one shows it`() async throws {
    try await Checkout.with { checkout in
      let help = try await checkout.console("help", exits: 0).output
      let words = Set(help.split { !$0.isLetter }.map(String.init))
      let verbs = try #require(checkout.text("console").components(separatedBy: "case $command in\n").last)
      let listed = verbs.split(separator: "\n").filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }
        .flatMap { $0.prefix { $0 != ")" }.split(separator: " ").map(String.init) }
        .filter { $0.allSatisfy(\.isLetter) && $0 != "help" }
      #expect(listed.count > 15)
      #expect(Set(listed).subtracting(words).isEmpty)
      let unknown = try await checkout.console("dance", exits: 2)
      #expect(unknown.output.isEmpty && unknown.errors.contains("usage: ./console"))
    }
  }

  private func release(_ checkout: Checkout) async throws -> String {
    try await request("GET", "/up", port: checkout.port).json["release"].string ?? ""
  }

  private func page(_ checkout: Checkout) async throws -> String {
    try await request(port: checkout.port).text
  }
}
