import Foundation
import Testing

/// What a deployment's end tells the world, whatever the world does about it.
@Suite(.fewAtATime)
struct Notifications {
  private static let secret = "a secret for notifications"

  private func settings(_ url: String, _ more: [String: String] = [:]) -> [String: String] {
    ["NOTIFY_WEBHOOK_URL": url, "NOTIFY_WEBHOOK_SECRET": Self.secret].merging(more) { $1 }
  }

  @Test func `success, failure and rollback are told, each signed`() async throws {
    let receiver = try NewsReceiver()
    try await withLiveApp(settings(receiver.url)) { manager, repository in
      _ = try await receiver.wait(for: "deployment.success", manager)
      let second = try await repository.commit("2")
      try await manager.deploy(second, serving: "2")
      let success = try await receiver.wait(for: "deployment.success", manager, count: 2)
      let told = try success.json["deployment"]
      #expect(told["commit"].string == second && told["state"].string == "success", "\(told)")
      #expect(told["project"].string == "main" && told["release"].int == 2)
      #expect(try success.json["delivery"].string == success.delivery)

      try await repository.commit("3", build: "exit 5")
      try await manager.bascule("deploy", exits: 1)
      let failure = try await receiver.wait(for: "deployment.failure", manager)
      #expect(try failure.json["deployment"]["exitCode"].int == 5)

      try await manager.bascule("rollback", exits: 0)
      let rollback = try await receiver.wait(for: "deployment.rollback", manager)
      #expect(try rollback.json["deployment"]["release"].int == 1)

      for news in receiver.news {
        let signature = try await manager.webhook.sign(news.body, secret: Self.secret)
        #expect(news.signature == "sha256=" + signature)
      }
      #expect(Set(receiver.news.map(\.delivery)).count == receiver.news.count)
      #expect(receiver.news.count == 4, "\(receiver.news.map(\.event))")
    }
  }

  @Test func `a release that the watch takes back is told`() async throws {
    let receiver = try NewsReceiver()
    try await withLiveApp(settings(receiver.url, ["WATCH_TIME": "30"])) { manager, repository in
      try await repository.commit("2", .fickle)
      _ = try await manager.bascule("deploy")
      let news = try await receiver.wait(for: "deployment.rollback", manager)
      #expect(try news.json["deployment"]["state"].string == "rolled_back")
    }
  }

  @Test func `a receiver that was down gets it after a kill -9, once, under the same name`() async throws {
    let port = try freePort()
    let url = "http://127.0.0.1:\(port)/hook"
    let busy = try NewsReceiver(port: port, answering: "503 Service Unavailable")
    try await withLiveApp(settings(url)) { manager, repository in
      let refused = try await busy.wait(for: "deployment.success", manager)
      try await manager.kill9()
      let deaf = busy.news.count
      let again = try await manager.again(
        settings(url, ["GIT_REPO": repository.path]))
      try await again.untilServes("1")
      let delivered = try await again.whileRunning("it is tried again") {
        busy.news.count > deaf ? busy.news.last : nil
      }
      #expect(delivered.delivery == refused.delivery)
      #expect(delivered.body == refused.body)
    }
  }

  @Test func `with nobody listening a deployment is told after the restart, exactly once`() async throws {
    let port = try freePort()
    let url = "http://127.0.0.1:\(port)/hook"
    try await withLiveApp(settings(url)) { manager, repository in
      try await manager.deploy(repository.commit("2"), serving: "2")
      try await manager.kill9()
      let receiver = try NewsReceiver(port: port)
      let again = try await manager.again(settings(url, ["GIT_REPO": repository.path]))
      try await again.untilServes("2")
      _ = try await receiver.wait(for: "deployment.success", again, count: 2)
      // Nothing is left over for another start either.
      #expect(try await again.stop() == 0)
      let third = try await again.again(settings(url, ["GIT_REPO": repository.path]))
      try await third.untilServes("2")
      try await repository.commit("3", build: "exit 5")
      try await third.bascule("deploy", exits: 1)
      _ = try await receiver.wait(for: "deployment.failure", third)
      #expect(
        receiver.news.map(\.event).sorted() == [
          "deployment.failure", "deployment.success", "deployment.success",
        ])
      #expect(Set(receiver.news.map(\.delivery)).count == 3)
    }
  }

  @Test func `NOTIFY_ON=failure keeps the good news away`() async throws {
    let receiver = try NewsReceiver()
    try await withLiveApp(settings(receiver.url, ["NOTIFY_ON": "failure"])) { manager, repository in
      try await manager.deploy(repository.commit("2"), serving: "2")
      try await manager.bascule("rollback", exits: 0)
      try await repository.commit("3", build: "exit 5")
      try await manager.bascule("deploy", exits: 1)
      _ = try await receiver.wait(for: "deployment.failure", manager)
      #expect(receiver.news.map(\.event) == ["deployment.failure"])
    }
  }

  @Test func `a receiver that hangs holds nothing up, not even the end`() async throws {
    let hanging = try ScriptedUpstream(ScriptedUpstream.silent)
    try await withLiveApp(settings("http://\(hanging.address)/hook")) { manager, repository in
      try await manager.whileRunning("it hangs") { !hanging.connections.isEmpty }
      try await manager.deploy(repository.commit("2"), serving: "2")
      try await manager.deploy(repository.commit("3"), serving: "3")
      #expect(try await manager.status()["last"]["state"].string == "success")
      let start = ContinuousClock.now
      #expect(try await manager.stop() == 0)
      #expect(ContinuousClock.now - start < .seconds(10))
    }
  }

  @Test func `notify test tries every channel and says what became of it`() async throws {
    let receiver = try NewsReceiver()
    let slack = try NewsReceiver(answering: "404 Not Found")
    let channels = settings(receiver.url, ["NOTIFY_ON": "failure", "SLACK_WEBHOOK_URL": slack.url])
    try await withLiveApp(channels) { manager, _ in
      let finished = try await manager.bascule("notify", "test")
      #expect(finished.code == 1, "\(finished)")
      #expect(finished.output.contains("webhook: ") && finished.output.contains("404"), "\(finished)")
      let ping = try await receiver.wait(for: "ping", manager)
      #expect(ping.signature == "sha256=" + (try await manager.webhook.sign(ping.body, secret: Self.secret)))
      let items = try JSON(parsing: await manager.bascule("notify", "test", "--json").output)["items"].list
      #expect(items.map { $0["accepted"].bool } == [true, false], "\(items)")
      // A webhook's address is a password.
      #expect(!manager.log.contains("/hook"))
    }
  }

  @Test func `without a channel notify test says how to get one`() async throws {
    try await withLiveApp { manager, _ in
      let finished = try await manager.bascule("notify", "test", exits: 0)
      #expect(finished.output.contains("no channel is set up"))
    }
  }
}
