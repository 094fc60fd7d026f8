import Foundation
import Testing

/// Every row of the table of POST /deploy.
@Suite(.fewAtATime)
struct WebhookTable {
  @Test func `a missing or wrong signature is refused before anything is parsed`() async throws {
    try await withLiveApp { manager, _ in
      let webhook = manager.webhook
      let body = Data("not even JSON".utf8)
      let zeros = String(repeating: "0", count: 64)
      for headers in [
        [:], ["X-Hub-Signature-256": "sha256=\(zeros)"], ["X-Hub-Signature-256": zeros],
        ["X-Hub-Signature-256": "sha256="], ["X-Gitlab-Token": "wrong"], ["X-Gitea-Signature": "zz"],
        ["X-Webhook-Signature": zeros], ["X-Hub-Signature": "sha1=\(zeros)"],
      ] {
        let answer = try await webhook.post(body, signed: false, headers: headers)
        #expect(answer.status == 401, "\(headers) \(answer)")
        #expect(try answer.json["error"]["code"].string?.isEmpty == false)
        #expect(try answer.json["error"]["message"].string?.isEmpty == false)
      }
    }
  }

  @Test func `each provider's signature is taken`() async throws {
    try await withLiveApp { manager, _ in
      let body = Data(#"{"zen":"calm"}"#.utf8)
      let signature = try await manager.webhook.sign(body)
      for (name, value) in [
        ("X-Hub-Signature-256", "sha256=" + signature), ("X-Gitea-Signature", signature),
        ("X-Gitlab-Token", Webhook.secret), ("X-Hub-Signature", "sha256=" + signature),
        ("X-Webhook-Signature", signature),
      ] {
        let answer = try await manager.webhook.post(
          body, event: "ping", signed: false, headers: [name: value])
        #expect(answer.status == 200, "\(name): \(answer)")
        #expect(try answer.json["status"].string == "pong")
      }
    }
  }

  @Test func `without a secret unsigned triggers are taken from loopback`() async throws {
    try await withLiveApp(["WEBHOOK_SECRET": ""]) { manager, repository in
      try await repository.commit("2")
      let answer = try await manager.webhook.post(Data(), signed: false)
      #expect(answer.status == 202)
      try await manager.untilServes("2")
    }
  }

  @Test func `the plain curl trigger deploys the tip, or the ref it names`() async throws {
    try await withLiveApp { manager, repository in
      let second = try await repository.commit("2")
      try await repository.commit("3")
      let empty = try await manager.webhook.post(Data())
      #expect(empty.status == 202)
      try await manager.untilServes("3")
      try await manager.untilIdle()

      let forced = Data(#"{"ref":"\#(second)","force":true}"#.utf8)
      #expect(try await manager.webhook.post(forced).status == 202)
      try await manager.untilServes("2")
      try await manager.untilIdle()

      try await repository.git("checkout", "--quiet", "-b", "feature")
      try await repository.commit("4")
      #expect(try await manager.webhook.post(Data(#"{"ref":"feature"}"#.utf8)).status == 202)
      try await manager.untilServes("4")
    }
  }

  @Test func `a push deploys the commit it names, not the tip`() async throws {
    try await withLiveApp { manager, repository in
      let second = try await repository.commit("2")
      try await repository.commit("3")
      let answer = try await manager.webhook.push(.init(after: second))
      #expect(answer.status == 202)
      #expect(try await manager.untilServes("2")["commit"].string == second)
    }
  }

  @Test func `a form with payload= is read as GitHub sends it`() async throws {
    try await withLiveApp { manager, repository in
      let push = Webhook.Push(after: try await repository.commit("2"))
      let payload = try String(decoding: push.body, as: UTF8.self)
      let escaped = try #require(payload.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
      let answer = try await manager.webhook.post(
        Data("payload=\(escaped)".utf8), event: "push",
        headers: ["Content-Type": "application/x-www-form-urlencoded"])
      #expect(answer.status == 202, "\(answer)")
      try await manager.untilServes("2")
    }
  }

  @Test func `what is not for this branch is ignored with its reason`() async throws {
    try await withLiveApp { manager, repository in
      let commit = try await repository.commit("2")
      let ignored: [(String, Webhook.Push)] = [
        ("branch", .init(ref: "refs/heads/other", after: commit)),
        ("tag", .init(ref: "refs/tags/v1", after: commit)),
        ("delet", .init(after: String(repeating: "0", count: 40), deleted: true)),
        ("skip", .init(after: commit, messages: ["Typo [skip ci]"])),
        ("skip", .init(after: commit, messages: ["Typo [skip deploy]", "Other [ci skip]"])),
      ]
      for (word, push) in ignored {
        let answer = try await manager.webhook.push(push)
        #expect(answer.status == 200, "\(word): \(answer)")
        #expect(try answer.json["status"].string == "ignored")
        #expect(try answer.json["reason"].string?.contains(word) == true, "\(answer)")
      }
      let event = try await manager.webhook.post(Webhook.Push(after: commit).body, event: "issues")
      #expect(event.status == 200)
      #expect(try event.json["status"].string == "ignored")
      #expect(try event.json["reason"].string?.contains("issues") == true, "\(event)")
      let partly = try await manager.webhook.push(
        .init(after: commit, messages: ["[skip ci]", "A real change"]))
      #expect(partly.status == 202)
      try await manager.untilServes("2")
    }
  }

  @Test func `another repository is ignored, whatever host or letter case names it`() async throws {
    try await Workspace.with { workspace in
      try workspace.makeFolder("acme")
      let server = try await SSHServer(in: workspace)
      let repository = try await Repository(in: workspace, named: "acme/App.git")
      try await repository.commit("1")
      let manager = try await Manager.start(
        in: workspace,
        ["GIT_REPO": server.address(of: repository), "GIT_SSH_KEY": try await server.key("ed25519")])
      try await manager.untilServes("1")
      let commit = try await repository.commit("2")
      let path = repository.path.dropFirst().dropLast(".git".count)
      for name in ["acme/other", "\(path)x", "x\(path)"] {
        let other = try await manager.webhook.push(.init(repository: name, after: commit))
        #expect(other.status == 200)
        #expect(try other.json["reason"].string?.contains(name) == true, "\(other)")
      }
      let same = try await manager.webhook.push(.init(repository: path.uppercased(), after: commit))
      #expect(same.status == 202, "\(same)")
      try await manager.untilServes("2")
    }
  }

  @Test func `the same delivery again is a duplicate, unless its deployment came to nothing`() async throws {
    try await withLiveApp { manager, repository in
      let good = Webhook.Push(after: try await repository.commit("2", build: "sleep 1"))
      let first = try await manager.webhook.push(good, delivery: "good")
      let running = try await manager.webhook.push(good, delivery: "good")
      try await manager.untilServes("2")
      try await manager.untilIdle()
      let done = try await manager.webhook.push(good, delivery: "good")
      for answer in [running, done] {
        #expect(answer.status == 200)
        #expect(try answer.json["status"].string == "duplicate")
        #expect(try answer.json["deployment"].text == first.json["deployment"].text)
      }

      let bad = Webhook.Push(after: try await repository.commit("3", build: "exit 1"))
      #expect(try await manager.webhook.push(bad, delivery: "bad").status == 202)
      try await manager.untilIdle()
      #expect(try await manager.status()["last"]["state"].string == "failed")
      #expect(try await manager.webhook.push(bad, delivery: "bad").status == 202)
      try await manager.untilIdle()
    }
  }

  @Test func `what is live, or older, is ignored unless it is forced`() async throws {
    try await withLiveApp { manager, repository in
      let first = try await repository.head()
      let second = try await repository.commit("2")
      try await manager.deploy(second, serving: "2")

      let live = try await manager.webhook.push(.init(after: second))
      #expect(live.status == 200)
      #expect(try live.json["reason"].string?.contains("already live") == true)
      let older = try await manager.webhook.push(.init(after: first))
      #expect(older.status == 200)
      #expect(try older.json["reason"].string?.contains("out of order") == true)
      #expect(try await manager.webhook.push(.init(after: first, forced: true)).status == 202)
      try await manager.untilServes("1")
    }
  }

  @Test func `a push while locked is kept as skipped, and unlock tells of it`() async throws {
    try await withLiveApp { manager, repository in
      try await manager.bascule("lock", "-m", "the fair is on", exits: 0)
      let commit = try await repository.commit("2")
      let answer = try await manager.webhook.push(.init(after: commit))
      #expect(answer.status == 200)
      #expect(try answer.json["status"].string == "ignored")
      #expect(try answer.json["reason"].string?.contains("the fair is on") == true, "\(answer)")
      let unlocked = try await manager.bascule("unlock")
      #expect(unlocked.code == 0)
      #expect(unlocked.output.contains(String(commit.prefix(7))), "\(unlocked)")
      #expect(try await manager.webhook.push(.init(after: commit)).status == 202)
      try await manager.untilServes("2")
    }
  }

  @Test func `a rollback by hand pauses pushes until they are resumed`() async throws {
    try await withLiveApp { manager, repository in
      try await manager.deploy(repository.commit("2"), serving: "2")
      try await manager.bascule("rollback", exits: 0)
      try await manager.untilServes("1")
      let commit = try await repository.commit("3")
      let answer = try await manager.webhook.push(.init(after: commit))
      #expect(answer.status == 200)
      #expect(try answer.json["reason"].string?.contains("rolled back") == true, "\(answer)")
      let resumed = try await manager.bascule("resume")
      #expect(resumed.code == 0)
      #expect(resumed.output.contains(String(commit.prefix(7))), "\(resumed)")
      try await manager.deploy(repository.commit("4"), serving: "4")
    }
  }

  @Test func `what is no request for a deployment is told so`() async throws {
    try await withLiveApp { manager, _ in
      let webhook = manager.webhook
      #expect(try await webhook.post(Data("nonsense".utf8), event: "push").status == 400)
      #expect(try await webhook.post(Data("{".utf8)).status == 400)
      #expect(try await webhook.post(Data(#"{"ref":"--upload-pack=id"}"#.utf8)).status == 400)
      for method in ["GET", "PUT", "DELETE"] {
        let answer = try await request(method, "/deploy", port: manager.controlPort)
        #expect(answer.status == 405)
        #expect(answer.headers["allow"] == "POST")
      }
      let tooLarge = try await offThread { [port = manager.controlPort] in
        let connection = try Connection(port: port)
        try connection.send("POST /deploy HTTP/1.1\r\nHost: x\r\nContent-Length: 26214401\r\n\r\n")
        return try Answer(connection.receiveAll())
      }
      #expect(tooLarge.status == 413)
      let large = Data(repeating: 0x20, count: 25 * 1024 * 1024)
      #expect(try await webhook.post(large, event: "ping").status == 200)
    }
  }

  @Test func `WEBHOOK_PATH moves it, and only it`() async throws {
    try await withLiveApp(["WEBHOOK_PATH": "/hooks/app"]) { manager, repository in
      try await repository.commit("2")
      #expect(try await manager.webhook.post(Data()).status == 404)
      #expect(try await manager.webhook.post(Data(), path: "/hooks/app").status == 202)
      try await manager.untilServes("2")
    }
  }

  @Test func `it answers while a deployment runs, and while others send slowly or nothing`() async throws {
    try await withLiveApp { manager, repository in
      try await repository.commit(
        "2", build: "until [ -e ../../shared/go ]; do head -c 10000000 /dev/zero | sha256sum; done")
      #expect(try await manager.webhook.post(Data()).status == 202)
      let idle = try await offThread { [port = manager.controlPort] in
        try (0..<100).map { number in
          let connection = try Connection(port: port)
          if number.isMultiple(of: 2) {
            try connection.send("POST /deploy HTTP/1.1\r\nHost: x\r\nContent-Le")
          }
          return connection
        }
      }
      let body = Data(#"{"zen":"calm"}"#.utf8)
      let signature = try await manager.webhook.sign(body)
      // Who waited for the slow ones would wait for their deadline.
      var slowest = Duration.zero
      for _ in 0..<20 {
        let started = ContinuousClock.now
        let answer = try await manager.webhook.post(
          body, event: "ping", signed: false, headers: ["X-Hub-Signature-256": "sha256=" + signature])
        slowest = max(slowest, ContinuousClock.now - started)
        #expect(answer.status == 200)
      }
      #expect(slowest < .seconds(3), "the slowest answer took \(slowest)")
      #expect(idle.count == 100)
      #expect(try await manager.status()["current"].isNull == false)
      try "on".write(toFile: manager.root + "/shared/go", atomically: false, encoding: .utf8)
      try await manager.untilServes("2")
    }
  }

  @Test func `what was accepted survives a restart`() async throws {
    try await withLiveApp { manager, repository in
      let second = try await repository.commit("2", build: "sleep 1000")
      let third = try await repository.commit("3")
      #expect(try await manager.webhook.push(.init(after: second)).status == 202)
      try await manager.whileRunning("it runs") { try await !manager.status()["current"].isNull }
      #expect(try await manager.webhook.push(.init(after: third)).status == 202)
      try await manager.kill9()
      let again = try await manager.again(["GIT_REPO": repository.path])
      #expect(try await again.untilServes("3")["commit"].string == third)
    }
  }
}
