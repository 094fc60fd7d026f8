import Drill
import Testing

@Suite struct EnvironmentTests {
  private let container = [
    "PATH": "/bin", "HOME": "/root", "TZ": "UTC", "LANG": "", "APP_ROOT": "/app", "PORT": "3000",
    "GIT_REPO": "git@example.org:a/b.git", "GIT_TOKEN": "secret", "WEBHOOK_SECRET": "secret",
    "SLACK_WEBHOOK_URL": "https://secret", "DATABASE_URL": "postgres://secret",
    "ADMIN_PASSWORD_FILE": "/run/secret", "RELEASE_COMMAND": "migrate", "START_COMMAND": "bun x.ts",
    "HANDOFF": "in-place", "HEALTH_CHECK_PATH": "/up", "HEALTH_CHECK_TIMEOUT": "60", "APP_USER": "bun",
  ]

  private func environment(isOwnApp: Bool) -> DrillEnvironment {
    DrillEnvironment(
      from: container, isOwnApp: isOwnApp, scratch: "/tmp/d", repository: "/tmp/d/r", ports: (20001, 20002))
  }

  @Test(arguments: [true, false])
  func `nothing of the container's secrets, its database or its channels is passed on`(isOwnApp: Bool) {
    let manager = environment(isOwnApp: isOwnApp).manager
    #expect(!manager.values.contains { $0.contains("secret") })
    #expect(manager["RELEASE_COMMAND"] == nil)
    #expect(manager["APP_ROOT"] == "/tmp/d/app")
    #expect(manager["GIT_REPO"] == "/tmp/d/r")
    #expect(manager["PORT"] == "20001")
    #expect(manager["CONTROL_PORT"] == "20002")
    #expect(manager["PATH"] == "/bin")
    #expect(manager["LANG"] == nil)
    #expect(manager["APP_USER"] == "bun")
  }

  @Test func `how an app is run counts for an app of one's own alone`() {
    let own = environment(isOwnApp: true)
    #expect(own.manager["HANDOFF"] == "in-place")
    #expect(own.manager["HEALTH_CHECK_PATH"] == "/up")
    #expect(own.manager["HEALTH_CHECK_TIMEOUT"] == "60")
    #expect(own.manager["START_COMMAND"] == nil)
    #expect(own.scripts.map(\.name) == ["start"])
    #expect(own.scripts.map(\.command) == ["bun x.ts"])
    let sample = environment(isOwnApp: false)
    #expect(sample.manager["HANDOFF"] == nil)
    #expect(sample.manager["HEALTH_CHECK_PATH"] == nil)
    #expect(sample.manager["HEALTH_CHECK_TIMEOUT"] == "3")
    #expect(sample.scripts.isEmpty)
  }

  @Test func `the process that rehearses never has the secrets`() {
    let needed = DrillEnvironment.needed(of: container)
    #expect(!needed.values.contains { $0.contains("secret") })
    #expect(needed["START_COMMAND"] == "bun x.ts")
    #expect(needed["APP_ROOT"] == nil)
  }
}
