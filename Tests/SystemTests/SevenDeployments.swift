import Foundation
import Testing

/// Push after push, as a forge sends them.
@Suite(.fewAtATime)
struct SevenDeployments {
  @Test func `seven deployments leave exactly the four newest releases`() async throws {
    try await withLiveApp { manager, repository in
      var commits = [try await repository.head()]
      for number in 2...7 {
        let commit = try await repository.commit("\(number)")
        commits.append(commit)
        let answer = try await manager.webhook.push(.init(after: commit))
        #expect(answer.status == 202)
        #expect(try answer.json["status"].string == "queued")
        #expect(try !answer.json["deployment"].isNull)
        let app = try await manager.untilServes("\(number)")
        #expect(app["commit"].string == commit)
        #expect(app["release"].string == "\(number)")
      }
      try await eventually("three releases are pruned") { try manager.releaseNumbers() == [4, 5, 6, 7] }
      #expect(manager.current == "releases/7")
      for number in 4...7 {
        let revision = manager.file("releases/\(number)/REVISION")
        #expect(revision?.trimmingCharacters(in: .newlines) == commits[number - 1])
      }
      let lines = try await eventually("the seventh is in the log") {
        let lines = manager.file("revisions.log")?.split(separator: "\n") ?? []
        return lines.count == 7 ? lines : nil
      }
      for (line, commit) in zip(lines, commits) { #expect(line.contains("(at \(commit.prefix(7)))")) }
      let releases = try await manager.json("releases")["items"].list
      #expect(releases.map { $0["number"].int } == [7, 6, 5, 4])
      #expect(releases.map { $0["live"].bool } == [true, false, false, false])
      #expect(releases.allSatisfy { $0["state"].string == "good" })
    }
  }

  @Test func `numbers go on after a restart, and after releases were taken away by hand`() async throws {
    try await withLiveApp { manager, repository in
      try await manager.deploy(repository.commit("2"), serving: "2")
      try await manager.deploy(repository.commit("3"), serving: "3")
      #expect(try await manager.stop() == 0)
      let again = try await manager.again(["GIT_REPO": repository.path])
      try await again.untilServes("3")
      #expect(again.current == "releases/3")
      try await again.bascule("rollback", "1")
      try await again.untilServes("1")
      try FileManager.default.removeItem(atPath: again.root + "/releases/3")
      try await again.bascule("deploy", exits: 0)
      #expect(try await again.untilServes("3")["release"].string == "4")
    }
  }

  @Test func `failed deployments use up their numbers and push no good release out`() async throws {
    try await withLiveApp(["KEEP_RELEASES": "2", "HEALTH_CHECK_TIMEOUT": "10"]) { manager, repository in
      try await manager.deploy(repository.commit("2"), serving: "2")
      for attempt in 3...6 {
        try await repository.commit("\(attempt)", .crash)
        try await manager.bascule("deploy", exits: 1)
      }
      try await manager.untilServes("2")
      try await eventually("both good ones stay, and one failed") {
        try manager.releaseNumbers() == [1, 2, 6]
      }
      try await manager.deploy(repository.commit("7"), serving: "7")
      #expect(try await manager.app()["release"].string == "7")
    }
  }

  @Test func `what was live just before stays, however old it is`() async throws {
    try await withLiveApp(["KEEP_RELEASES": "2"]) { manager, repository in
      for number in 2...3 { try await manager.deploy(repository.commit("\(number)"), serving: "\(number)") }
      try await manager.bascule("rollback", "2", exits: 0)
      for number in 4...5 {
        try await repository.commit("\(number)")
        try await manager.bascule("deploy", exits: 0)
        if number == 4 {
          try await eventually("the release to go back to stays") {
            try manager.releaseNumbers() == [2, 3, 4]
          }
        }
      }
      try await eventually("it goes when it is no more that") { try manager.releaseNumbers() == [4, 5] }
    }
  }

  @Test func `of many pushes at once the last one is live in the end and the others are superseded`()
    async throws
  {
    try await withLiveApp { manager, repository in
      var answers: [JSON] = []
      for number in 2...9 {
        let commit = try await repository.commit("\(number)", build: "sleep 0.3")
        answers.append(try await manager.webhook.push(.init(after: commit)).json)
      }
      try await manager.untilServes("9")
      try await manager.untilIdle()
      let last = try await manager.status()["last"]
      #expect(last["id"].text == answers.last?["deployment"].text)
      #expect(last["state"].string == "success")
      #expect(try manager.releaseNumbers().count < 9)
    }
  }

  @Test func `SHARED_PATHS stay from release to release`() async throws {
    try await withLiveApp(["SHARED_PATHS": "uploads/"]) { manager, repository in
      let release = manager.root + "/releases/1"
      try "kept".write(toFile: release + "/uploads/a.txt", atomically: false, encoding: .utf8)
      try await manager.deploy(repository.commit("2"), serving: "2")
      #expect(manager.file("releases/2/uploads/a.txt") == "kept")
      #expect(manager.file("shared/uploads/a.txt") == "kept")
    }
  }

  @Test func `a shared file that is missing is told before anything is installed`() async throws {
    try await Workspace.with { workspace in
      let repository = try await Repository(in: workspace)
      try await repository.commit("1")
      let manager = try await Manager.start(
        in: workspace, ["GIT_REPO": repository.path, "SHARED_PATHS": ".env.production"])
      try await manager.whileRunning("the missing file is named") {
        manager.log.contains("shared/.env.production")
      }
      #expect(await manager.isReady() == false)
      try "KEY=1".write(
        toFile: manager.root + "/shared/.env.production", atomically: false, encoding: .utf8)
      try await manager.bascule("deploy", exits: 0)
      let release = try await manager.untilServes("1")["release"].text ?? ""
      #expect(manager.file("releases/\(release)/.env.production") == "KEY=1")
    }
  }
}
