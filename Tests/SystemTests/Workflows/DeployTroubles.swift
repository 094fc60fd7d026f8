import Foundation
import Testing

/// The workflow that users copy, where things do not go as they should.
@Suite(.fewAtATime)
struct DeployTroubles {
  @Test func `it waits for a server that is just being restarted`() async throws {
    try await withLiveApp { manager, repository in
      let commit = try await repository.commit("2")
      #expect(try await manager.stop() == 0)
      let nobody = try ScriptedUpstream(port: manager.controlPort) { _, _ in }
      async let run = DeployJob(commit: commit).run(manager)
      try await eventually("the job has asked in vain") { nobody.served > 0 }
      nobody.stop()
      let again = try await manager.again(["GIT_REPO": repository.path])
      let ended = try await run
      #expect(ended.code == 0, "\(ended)")
      #expect(ended.output.contains("Deployment 2 (HTTP 202, queued)"), "\(ended)")
      try await again.untilServes("2")
    }
  }

  @Test func `a server that restarts meanwhile is asked again, and tells what became of it`() async throws {
    try await withLiveApp { manager, repository in
      let commit = try await repository.commit("2", build: "echo building; sleep 600")
      async let run = DeployJob(commit: commit).run(manager)
      try await manager.workspace.untilSomethingSays("Deployment 2: building")
      try await manager.kill9()
      // Also who answers for a server that is down, as some proxies do, with a 404.
      let proxy = try ScriptedUpstream(port: manager.controlPort) { stream, number in
        if number > 0 { try stream.send("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n") }
      }
      try await eventually("the job has asked in vain") { proxy.served > 1 }
      proxy.stop()
      let again = try await manager.again(["GIT_REPO": repository.path])
      let ended = try await run
      #expect(ended.code == 1, "\(ended)")
      #expect(ended.output.contains("does not answer now (HTTP 000)"), "\(ended)")
      #expect(ended.output.contains("::error title=Deployment 2 interrupted::"), "\(ended)")
      _ = try await again.stop()
    }
  }

  @Test func `a release that is taken back fails the job`() async throws {
    try await withLiveApp(["WATCH_TIME": "20"]) { manager, repository in
      let run = try await DeployJob(commit: repository.commit("2", .fickle), watchTime: 20).run(manager)
      #expect(run.code == 1, "\(run)")
      #expect(run.output.contains("::error title=Deployment 2 rolled_back::"), "\(run)")
      try await manager.untilServes("1")
    }
  }

  @Test func `what somebody cancels fails the job`() async throws {
    try await withLiveApp { manager, repository in
      let commit = try await repository.commit("2", build: "sleep 600")
      async let run = DeployJob(commit: commit).run(manager)
      try await manager.whileRunning("it builds") {
        try await manager.status()["current"]["state"].string == "building"
      }
      try await manager.bascule("cancel", "2", exits: 0)
      let ended = try await run
      #expect(ended.code == 1, "\(ended)")
      #expect(ended.output.contains("::error title=Deployment 2 canceled::"), "\(ended)")
    }
  }

  @Test func `a lock fails the job with who and why, before and while it waits`() async throws {
    try await withLiveApp { manager, repository in
      let gate = manager.workspace.path + "/gate"
      let slow = try await repository.commit("2", build: "while [ ! -e \(gate) ]; do sleep 0.1; done")
      #expect(try await manager.webhook.push(.init(after: slow)).status == 202)
      let waiting = try await repository.commit("3")
      async let run = DeployJob(commit: waiting).run(manager)
      try await manager.whileRunning("the job's deployment waits") {
        try await manager.status()["queue"].list.count == 1
      }
      try await manager.bascule("lock", "-m", "the fair is on", exits: 0)
      try manager.workspace.write("", to: "gate")
      let ended = try await run
      #expect(ended.code == 1, "\(ended)")
      #expect(ended.annotations("error").first?.contains("the fair is on") == true, "\(ended)")

      let refused = try await DeployJob(commit: waiting, number: 2).run(manager)
      #expect(refused.code == 1, "\(refused)")
      #expect(refused.annotations("error").first?.contains("the fair is on") == true, "\(refused)")
      #expect(try await manager.app()["version"].string == "2")
    }
  }

  @Test func `at the public port it deploys, and says why it cannot wait`() async throws {
    try await withLiveApp { manager, repository in
      let job = DeployJob(commit: try await repository.commit("2"), url: "http://127.0.0.1:\(manager.port)")
      let run = try await job.run(manager)
      #expect(run.code == 0, "\(run)")
      let warning = try #require(run.annotations("warning").first, "\(run)")
      #expect(
        warning.contains("Deployment 2 was triggered") && warning.contains("CONTROL_PORT"), "\(warning)")
      try await manager.untilServes("2")
    }
  }

  @Test func `an address where no Bascule answers fails the job with a word of it`() async throws {
    try await withLiveApp(["WEBHOOK_PATH": "/elsewhere"]) { manager, repository in
      let head = try await repository.head()
      let app = try await DeployJob(commit: head, url: "http://127.0.0.1:\(manager.port)").run(manager)
      #expect(app.code == 1)
      #expect(app.annotations("error").first?.contains("Is DEPLOY_URL right?") == true, "\(app)")
      let api = try await DeployJob(commit: head).run(manager)
      #expect(api.code == 1)
      #expect(api.annotations("error").first?.contains("there is nothing at /deploy") == true, "\(api)")
      for missing in ["secrets.DEPLOY_URL", "secrets.WEBHOOK_SECRET"] {
        var job = DeployJob(commit: head)
        if missing == "secrets.DEPLOY_URL" { job.url = "" } else { job.secret = "" }
        let run = try await job.run(manager)
        #expect(run.code != 0)
        #expect(run.output.contains("Set the repository secret \(missing.dropFirst(8))"), "\(run)")
      }
    }
  }

  /// Everything that the steps start is written down on its way by programs of the same names.
  @Test func `no command line that it makes has a secret or the server's address in it`() async throws {
    try await withLiveApp { manager, repository in
      let workspace = manager.workspace
      let tools = ["curl", "python3", "sed", "tail", "tr", "sleep"]
      try workspace.makeFolder("tools")
      for tool in tools {
        let program = try Toolbox.find(tool, package: tool)
        try workspace.write(
          "#!/bin/sh\nprintf '%s\\n' \"$0 $*\" >>\(workspace.path)/commands\nexec \(program) \"$@\"\n",
          to: "tools/\(tool)", mode: 0o755)
      }
      var job = DeployJob(commit: try await repository.commit("2", build: "echo no; exit 1"))
      job.url = "http://localhost:\(manager.controlPort)"
      job.path = try "\(workspace.path)/tools:\(Toolbox.path())"
      let run = try await job.run(manager)
      #expect(run.code == 1, "\(run)")
      let commands = try String(contentsOfFile: workspace.path + "/commands", encoding: .utf8)
      for tool in tools where tool != "sleep" {
        #expect(commands.contains("/tools/\(tool) "), "\(tool) was not used, or not seen: \(commands)")
      }
      for secret in [Webhook.secret, "localhost", "\(manager.controlPort)"] {
        #expect(!commands.contains(secret), "\(commands)")
        #expect(!run.output.contains(secret), "\(run)")
      }
    }
  }
}

extension Workspace {
  /// Until a program that still runs has printed it.
  func untilSomethingSays(_ text: String) async throws {
    try await eventually("something says \(text)") {
      let folder = path + "/processes"
      return try FileManager.default.contentsOfDirectory(atPath: folder).contains { name in
        let said = FileManager.default.contents(atPath: "\(folder)/\(name)") ?? Data()
        return name.hasSuffix(".out") && String(decoding: said, as: UTF8.self).contains(text)
      }
    }
  }
}
