import Foundation
import Testing

/// Where `./console start` runs Bascule, and what the engine is told.
@Suite(.fewAtATime)
struct ConsoleEngines {
  @Test(arguments: [([], "docker"), (["docker"], "podman"), (["docker", "podman"], "here")])
  func `Docker is taken if it answers, else Podman, else this machine`(
    silent: [String], engine: String
  ) async throws {
    try await StandIn.with { machine in
      for name in silent { try machine.set("\(name).silent") }
      let started = try await machine.start()
      #expect(started.code == 0, "\(started)")
      #expect(machine.checkout.text(".local/engine").hasPrefix("\(engine) "))
      for name in silent { #expect(started.output.contains("nobody listens on the socket of \(name)")) }
      for part in [
        "http://localhost:\(machine.checkout.port)", "http://localhost:\(machine.checkout.controlPort)",
        "admin.password", "Next: ", ".local/sample-repo",
      ] { #expect(started.output.contains(part), "\(started)") }
      try await machine.checkout.console("stop", exits: 0)
    }
  }

  @Test(arguments: ["docker", "podman", "here"])
  func `BASCULE_ENGINE forces it`(engine: String) async throws {
    try await StandIn.with { machine in
      let settings = ["BASCULE_ENGINE": engine]
      try await machine.checkout.console("start", with: settings, exits: 0)
      #expect(machine.checkout.text(".local/engine").hasPrefix("\(engine) "))
      try await machine.checkout.console("stop", exits: 0)
      guard engine != "here" else { return }
      try machine.set("\(engine).silent")
      let refused = try await machine.start(with: settings)
      #expect(refused.code == 1)
      #expect(refused.errors.contains("nobody listens on the socket of \(engine)"), "\(refused)")
    }
  }

  @Test func `another engine than before has a volume of its own, and that is told`() async throws {
    try await StandIn.with { machine in
      #expect(!(try await machine.start().output.contains("BASCULE_ENGINE")))
      try await machine.checkout.console("stop", exits: 0)
      try machine.set("docker.silent")
      let other = try await machine.start()
      #expect(other.output.contains("where that ran: BASCULE_ENGINE=docker"), "\(other)")
    }
  }

  @Test func `an engine nobody knows is refused`() async throws {
    try await StandIn.with { machine in
      let refused = try await machine.start(with: ["BASCULE_ENGINE": "lxc"])
      #expect(refused.code == 1)
      #expect(refused.errors.contains("docker, podman or here"), "\(refused)")
    }
  }

  @Test func `an image that cannot be built is told in a line, and it goes on here`() async throws {
    try await StandIn.with { machine in
      try machine.set("docker.helpless")
      let started = try await machine.start()
      #expect(started.code == 0, "\(started)")
      #expect(started.output.contains("docker cannot build the image (the lines above say why); going on"))
      #expect(machine.checkout.text(".local/engine").hasPrefix("here "))
      try await machine.checkout.console("stop", exits: 0)

      let forced = try await machine.start(with: ["BASCULE_ENGINE": "docker"])
      #expect(forced.code == 1)
      #expect(forced.errors.contains("cannot build the image"), "\(forced)")
    }
  }

  @Test func `Ctrl-C while the image is built is the end, and no reason to go on here`() async throws {
    try await StandIn.with { machine in
      try machine.set("docker.slow")
      let starting = try machine.checkout.begin("start")
      try await eventually("it builds\n\(starting.errors)") { machine.checkout.exists(".programs/building") }
      try await machine.checkout.interrupt(starting)
      #expect(try await starting.ended() == 130)
      #expect(!starting.output.contains("going on"), "\(starting.output)")
      try FileManager.default.removeItem(atPath: machine.checkout.programs + "/docker.slow")
      #expect(try await machine.start().code == 0)
    }
  }

  @Test func `without Swift and without an image it says what to do`() async throws {
    try await StandIn.with { machine in
      try machine.set("docker.helpless")
      // A PATH without Swift: what the script needs up to there, and no more.
      for name in ["bash", "dirname", "basename", "sed", "mkdir", "cat", "env", "rm", "timeout", "sh"] {
        try FileManager.default.createSymbolicLink(
          atPath: "\(machine.checkout.programs)/\(name)",
          withDestinationPath: Toolbox.find(name, package: "coreutils"))
      }
      try FileManager.default.removeItem(atPath: machine.checkout.programs + "/swift")
      let started = try await machine.start(with: ["PATH": machine.checkout.programs])
      #expect(started.code == 1, "\(started)")
      for part in ["cannot build the image", "BASCULE_IMAGE", "swift.org"] {
        #expect(started.errors.contains(part), "\(started)")
      }
    }
  }

  @Test func `an image that is named is not built`() async throws {
    try await StandIn.with { machine in
      let started = try await machine.start(with: ["BASCULE_IMAGE": "ghcr.io/you/bascule:latest"])
      #expect(started.code == 0, "\(started)")
      #expect(!machine.calls.contains { $0.contains(" build ") })
      #expect(machine.arguments.last == "ghcr.io/you/bascule:latest")
    }
  }

  @Test func `every setting reaches the container, and no value is in a command line`() async throws {
    try await StandIn.with { machine in
      try machine.checkout.write(
        "WEBHOOK_SECRET=from-the-file\nHOME=/root\nMINE='for the app'\nAPP_ROOT=/elsewhere\nBASCULE_NAME=other\n",
        to: ".env")
      let started = try await machine.start(with: ["GIT_TOKEN": "from-outside", "UNRELATED": "x"])
      #expect(started.code == 0, "\(started)")
      let checkout = machine.checkout
      #expect(
        machine.settings == [
          "WEBHOOK_SECRET": "from-the-file", "MINE": "for the app", "GIT_TOKEN": "from-outside",
          "GIT_REPO": "/sample-app", "PORT": "\(checkout.port)", "CONTROL_PORT": "\(checkout.controlPort)",
        ])
      for secret in ["from-the-file", "from-outside"] {
        #expect(!machine.text("calls").contains(secret))
        #expect(!started.description.contains(secret))
      }
      for part in [
        "--name other", "--volume other:/app", "--publish \(checkout.port):\(checkout.port)",
        "--publish \(checkout.controlPort):\(checkout.controlPort)",
        "--mount type=bind,source=\(checkout.sample),target=/sample-app,readonly",
      ] { #expect(machine.calls.contains { $0.contains(part) }, "\(part)\n\(machine.calls)") }
      #expect(checkout.text(".local/engine") == "docker other\n")
    }
  }

  @Test func `a secret's file and a local repository are mounted to be read`() async throws {
    try await StandIn.with { machine in
      let checkout = machine.checkout
      try checkout.write("s3cret", to: "webhook.secret")
      try checkout.workspace.makeFolder("upstream")
      let upstream = checkout.workspace.path + "/upstream"
      try checkout.write(
        "WEBHOOK_SECRET_FILE=webhook.secret\nGIT_TOKEN_FILE=/app/shared/token\nLOG_FILE=app.log\n", to: ".env"
      )
      let started = try await machine.start(with: ["GIT_REPO": "file://" + upstream])
      #expect(started.code == 0, "\(started)")
      #expect(
        Set(machine.mounts) == [
          "type=bind,source=\(checkout.path)/webhook.secret,target=/run/secrets/WEBHOOK_SECRET_FILE,readonly",
          "type=bind,source=\(upstream),target=/repository,readonly",
        ])
      #expect(machine.settings["WEBHOOK_SECRET_FILE"] == "/run/secrets/WEBHOOK_SECRET_FILE")
      #expect(machine.settings["GIT_TOKEN_FILE"] == "/app/shared/token")
      #expect(machine.settings["LOG_FILE"] == "app.log")
      #expect(machine.settings["GIT_REPO"] == "/repository")
      #expect(started.output.contains("commit and push to main"))

      try await checkout.console("stop", exits: 0)
      let missing = try await machine.start(with: ["ADMIN_PASSWORD_FILE": "/nowhere/password"])
      #expect(missing.code == 1)
      #expect(missing.errors.contains("ADMIN_PASSWORD_FILE names /nowhere/password"), "\(missing)")
    }
  }

  @Test func `start, stop and restart can be said at any time`() async throws {
    try await StandIn.with { machine in
      let checkout = machine.checkout
      #expect(try await checkout.console("stop", exits: 0).output == "Bascule does not run.\n")
      try await checkout.console("start", exits: 0)
      let again = try await checkout.console("start", exits: 0)
      #expect(again.output.contains("runs already"), "\(again)")
      #expect(machine.calls.filter { $0.hasPrefix("docker run --detach") }.count == 1)
      // A container that has ended by itself is replaced.
      try machine.set("container", "false\n")
      try machine.set("owner", checkout.path + "\n")
      try await checkout.console("start", exits: 0)
      #expect(machine.calls.filter { $0.hasPrefix("docker run --detach") }.count == 2)
      #expect(machine.calls.contains("docker rm --force bascule"))
      try await checkout.console("restart", exits: 0)
      #expect(machine.calls.filter { $0.hasPrefix("docker run --detach") }.count == 3)
      try await checkout.console("stop", exits: 0)
      try await checkout.console("stop", exits: 0)
      #expect(
        machine.calls.filter { $0.hasPrefix("docker stop") } == [
          "docker stop bascule", "docker stop bascule",
        ])
    }
  }

  @Test func `the container of another checkout is not touched`() async throws {
    try await StandIn.with { machine in
      try machine.set("container", "false\n")
      try machine.set("owner", "/home/ada/bascule\n")
      let started = try await machine.start()
      #expect(started.code == 1)
      #expect(started.errors.contains("belongs to /home/ada/bascule"), "\(started)")
      #expect(started.errors.contains("BASCULE_NAME"))
      #expect(!machine.calls.contains { $0.contains(" rm ") || $0.contains(" --detach ") })
    }
  }

  @Test func `an engine that cannot run the image is no reason to give up, unless it was asked for`()
    async throws
  {
    try await StandIn.with { machine in
      try machine.set("docker.unable")
      let forced = try await machine.start(with: ["BASCULE_ENGINE": "docker"])
      #expect(forced.code == 1)
      for part in ["no cgroup", "docker cannot run the image"] {
        #expect(forced.errors.contains(part), "\(forced)")
      }
      #expect(try await machine.checkout.console("stop").code == 0)
      let started = try await machine.start()
      #expect(started.code == 0, "\(started)")
      #expect(started.output.contains("docker cannot run the image (the lines above say why); going on"))
      #expect(try await request("GET", "/up", port: machine.checkout.port).status == 200)
      try await machine.checkout.console("stop", exits: 0)
    }
  }

  @Test(arguments: [
    ["status"], ["deploy", "shop", "--ref", "a b"], ["rollback", "3"], ["releases"], ["resume"],
    ["cancel", "1"],
    ["lock", "-m", "for tea"], ["unlock"], ["maintenance", "on"], ["projects", "add", "shop", "-"],
    ["token", "--sub", "me"], ["audit"], ["notify", "test"], ["logs", "-f", "3"], ["drill", "--success"],
  ])
  func `a verb goes into the container, with its words and its exit code`(words: [String]) async throws {
    try await StandIn.with { machine in
      #expect(try await machine.start().code == 0)
      try machine.set("code", "75")
      let finished = try await machine.checkout.workspace.attempt(
        ["./console"] + words, environment: machine.checkout.environment, directory: machine.checkout.path)
      #expect(finished.code == 75, "\(finished)")
      let option = words.contains("-") ? "--interactive " : ""
      #expect(machine.calls.last == "docker exec \(option)bascule bascule " + words.joined(separator: " "))
    }
  }

  @Test func `without anything that runs, the verbs say so and the log is still there`() async throws {
    try await StandIn.with { machine in
      let checkout = machine.checkout
      let before = try await checkout.console("status")
      #expect(before.code == 69)
      #expect(before.errors.contains("./console start"), "\(before)")
      #expect(try await checkout.console("logs").code == 69)
      try await checkout.console("start", exits: 0)
      #expect(try await checkout.console("logs", "-f", exits: 0).output == "a line of the log\n")
      #expect(machine.calls.last == "docker logs --tail 200 -f bascule")
      try await checkout.console("stop", exits: 0)
      #expect(try await checkout.console("deploy").code == 69)
      #expect(try await checkout.console("logs", exits: 0).output == "a line of the log\n")
      // A rehearsal needs nothing that runs.
      try await checkout.console("drill", "--failure", exits: 0)
      #expect(machine.calls.last == "docker run --rm bascule:checkout drill --failure")
    }
  }
}
