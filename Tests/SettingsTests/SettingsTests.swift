import Linux
import Settings
import Testing

@Suite struct SettingsTests {
  @Test func `an empty environment gives the defaults of the table`() throws {
    let settings = try load()
    #expect(settings.repository == .sampleApp)
    #expect(settings.branch == "main")
    #expect(settings.root == "/app")
    #expect(settings.port == 3000)
    #expect(settings.controlPort == 3001)
    #expect(settings.webhookPath == "/deploy")
    #expect(settings.webhookSecret == nil)
    #expect(settings.commands.install == ShellCommand(text: "bun install", isDefault: true))
    #expect(settings.commands.build == ShellCommand(text: "bun run build", isDefault: true))
    #expect(settings.commands.release == nil)
    #expect(settings.commands.start == ShellCommand(text: "bun start", isDefault: true))
    #expect(settings.keepReleases == 4)
    #expect(settings.timeouts.deploy == .seconds(600))
    #expect(settings.timeouts.install == nil)
    #expect(settings.timeouts.build == nil)
    #expect(settings.timeouts.release == nil)
    #expect(settings.healthCheck.path == nil)
    #expect(settings.healthCheck.interval == .seconds(5))
    #expect(settings.healthCheck.timeout == .seconds(120))
    #expect(settings.handoff == .beside)
    #expect(settings.drainTimeout == .seconds(30))
    #expect(settings.stopTimeout == .seconds(10))
    #expect(settings.watchTime == .seconds(10))
    #expect(settings.shutdownTimeout == .seconds(9))
    #expect(settings.appUser?.name == "bun")
    #expect(settings.logFormat == .text)
    #expect(settings.secrets.isEmpty)
  }

  @Test func `an empty value is as good as none`() throws {
    let settings = try load([
      "PORT": "", "GIT_BRANCH": "", "WEBHOOK_SECRET": "", "APP_USER": "", "GIT_REPO": "",
    ])
    #expect(settings.port == 3000)
    #expect(settings.webhookSecret == nil)
    #expect(settings.repository == .sampleApp)
  }

  @Test func `a command that was set is told from the default`() throws {
    let settings = try load(["BUILD_COMMAND": "bun run build", "RELEASE_COMMAND": "bun migrate"])
    #expect(settings.commands.build == ShellCommand(text: "bun run build", isDefault: false))
    #expect(settings.commands.release == ShellCommand(text: "bun migrate", isDefault: false))
  }

  @Test func `quotes that came with a value are refused, except around a command or a key`() throws {
    let lines = refusal(["GIT_BRANCH": "\"main\"", "ADMIN_PASSWORD": "'correct horse'"])
    #expect(lines.count == 2)
    #expect(lines.allSatisfy { $0.contains("in quotes, which are part of the value here") })
    #expect(!lines.joined().contains("horse"))
    #expect(try load(["BUILD_COMMAND": "'a b' 'c d'"]).commands.build.text == "'a b' 'c d'")
  }

  @Test func `all wrong settings are told at once, one line each`() {
    let lines = refusal([
      "PORT": "70000", "STOP_TIMEOUT": "-1", "GIT_SSH_KEY": "no key", "KEEP_RELEASES": "0",
      "LOG_FORMAT": "xml", "APP_ROOT": "app",
    ])
    #expect(lines.count == 6)
    #expect(lines.allSatisfy { !$0.contains("\n") })
    #expect(lines.contains(#"PORT holds "70000"; it may hold a port from 1 to 65535."#))
    #expect(
      lines.contains(
        #"STOP_TIMEOUT holds "-1"; it may hold seconds above 0 and up to 7 days, such as 90, 1.5, 90s, 5m or 1h."#
      ))
    #expect(lines.contains(#"LOG_FORMAT holds "xml"; it may hold text or json."#))
  }

  @Test func `a value with line breaks still makes one line`() {
    #expect(refusal(["LOG_FORMAT": "a\nb"]) == [#"LOG_FORMAT holds "a\nb"; it may hold text or json."#])
  }

  @Test(arguments: [
    ("90", 90_000), ("1.5", 1500), ("0.001", 1), ("10s", 10_000), ("5m", 300_000), ("1h", 3_600_000),
    ("1.5m", 90_000), ("7.0", 7000), ("168h", 604_800_000),
  ])
  func `a duration is seconds, or has a unit`(text: String, milliseconds: Int) throws {
    #expect(try load(["WATCH_TIME": text]).watchTime == .milliseconds(milliseconds))
  }

  @Test(arguments: [
    "0", "0s", "-1", "+1", "1e3", "nan", "inf", ".5", "1.", "1.2345", "169h", "99999999", "9999999h", "5d",
    "500ms", " 5", "1,5", "٣", "s", "1_000",
  ])
  func `a duration that is none, or absurd, is refused`(text: String) {
    #expect(refusal(["WATCH_TIME": text]).count == 1)
  }

  @Test(arguments: ["0", "65536", "-1", "+80", "80 ", "http", "8080/tcp"])
  func `a port outside 1 to 65535 is refused`(text: String) {
    #expect(refusal(["PORT": text]).count == 1)
    #expect(refusal(["CONTROL_PORT": text]).count == 1)
  }

  @Test func `two ports that are one are refused`() {
    #expect(refusal(["PORT": "3001"]).count == 1)
    #expect(refusal(["PORT": "8080", "CONTROL_PORT": "8080"]).count == 1)
  }

  @Test func `WEBHOOK_PORT is another name of CONTROL_PORT`() throws {
    #expect(try load(["WEBHOOK_PORT": "9000"]).controlPort == 9000)
    #expect(try load(["WEBHOOK_PORT": "9000", "CONTROL_PORT": "9000"]).controlPort == 9000)
    #expect(refusal(["WEBHOOK_PORT": "9000", "CONTROL_PORT": "9001"]).count == 1)
    #expect(refusal(["WEBHOOK_PORT": "x"]).first?.hasPrefix("WEBHOOK_PORT") == true)
  }

  @Test func `APP_ROOT is kept without a slash at its end`() throws {
    #expect(try load(["APP_ROOT": "/srv//app/"]).root == "/srv/app")
    for bad in ["/", "srv", "./srv", "/srv/../etc", "/a\nb"] {
      #expect(refusal(["APP_ROOT": bad]).count == 1)
    }
  }

  @Test func `a path of a request begins with a slash and holds no space`() throws {
    #expect(try load(["HEALTH_CHECK_PATH": "/health?full=1"]).healthCheck.path == "/health?full=1")
    for bad in ["health", "/a b", "//host/x", "/a#b", "/\r\nX: y", "http://host/"] {
      #expect(refusal(["HEALTH_CHECK_PATH": bad]).count == 1)
    }
  }

  @Test(arguments: ["feature/x", "v1.2", "module/été", "refs/heads/main"])
  func `a branch name that git takes is taken`(name: String) throws {
    #expect(try load(["GIT_BRANCH": name]).branch == name.replacing("refs/heads/", with: ""))
  }

  @Test(arguments: [
    "-main", "--upload-pack=x", "a..b", "a b", "a~1", "a^", "a:b", "a?", "a*", "a[", "a\\b", "/a", "a/",
    "a//b",
    ".a", "a/.b", "a.lock", "a.lock/b", "a.", "@", "a@{1}", "HEAD", "a\tb", "a\u{7f}",
  ])
  func `a branch name that git refuses is refused`(name: String) {
    #expect(refusal(["GIT_BRANCH": name]).count == 1)
  }

  @Test func `another module's check speaks in the same voice`() throws {
    do throws(SettingsError) {
      _ = try Settings.load(
        from: .fake(["SHARED_PATHS": "../x", "PORT": "0"]),
        checks: ["SHARED_PATHS": { _ in "in which ../x leads out" }])
      Issue.record("it was taken")
    } catch {
      #expect(error.lines.last == #"SHARED_PATHS holds "../x", in which ../x leads out."#)
      #expect(error.lines.count == 2)
    }
  }

  @Test func `a verb needs only its own settings to be right`() throws {
    let settings = try BasicSettings.load(
      from: .fake(["APP_ROOT": "/srv", "GIT_REPO": "ext::sh", "PORT": "x"]))
    #expect(settings.root == "/srv")
    #expect(throws: SettingsError.self) { try BasicSettings.load(from: .fake(["STOP_TIMEOUT": "x"])) }
  }

  @Test func `the settings of this very process can be read`() throws {
    let surroundings = Surroundings.process
    #expect(surroundings.environment["PATH"] != nil)
    #expect(surroundings.findUser("root")?.identity.uid == 0)
    #expect(surroundings.findUser("nobody of this name") == nil)
  }

  @Test func `what a terminal would obey in a wrong value is written out`() {
    let line = refusal(["GIT_BRANCH": "a\u{9b}31m\u{1b}[2J\u{7f} b"])[0]
    #expect(line.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }, "\(line)")
    #expect(line.contains("31m"), "\(line)")
  }
}
