import Testing

@testable import Settings

@Suite struct ProjectSettingsTests {
  private func main(_ more: [String: String] = [:]) throws -> Settings {
    try load(
      [
        "GIT_REPO": "https://git.example.org/me/main.git", "GIT_TOKEN": "main-token", "GIT_BRANCH": "trunk",
        "SHARED_PATHS": ".env", "RELEASE_COMMAND": "migrate", "HEALTH_CHECK_PATH": "/main",
        "STOP_TIMEOUT": "7",
        "APP_PORT": "4000", "DATABASE_URL": "postgres://x",
      ].merging(more) { _, new in new })
  }

  private func project(_ repository: String, of settings: Settings) throws -> Settings {
    try settings.forProject(root: "/app/projects/blog", repository: repository, branch: "main")
  }

  @Test func `another project has its own place, app and commands`() throws {
    let main = try main()
    let blog = try main.forProject(
      root: "/app/projects/blog", repository: "git@github.com:me/blog.git", branch: "refs/heads/next",
      healthPath: "/up", install: "npm ci", build: "", release: nil, start: "npm start")
    #expect(blog.root == "/app/projects/blog")
    #expect(blog.repository == Repository(address: "git@github.com:me/blog.git", transport: .ssh))
    #expect(blog.branch == "next")
    #expect(blog.healthCheck.path == "/up")
    #expect(blog.commands.install == ShellCommand(text: "npm ci", isDefault: false))
    #expect(blog.commands.build == ShellCommand(text: "bun run build", isDefault: true))
    #expect(blog.commands.release == nil)
    #expect(blog.commands.start == ShellCommand(text: "npm start", isDefault: false))
    #expect(blog.sharedPaths == "")
    #expect(blog.handoff == .beside)
    #expect(blog.stopTimeout == main.stopTimeout)
    #expect(
      blog.childEnvironment.filter {
        ["GIT_REPO", "GIT_BRANCH", "APP_PORT", "DATABASE_URL"].contains($0.key)
      }
        == ["GIT_REPO": "git@github.com:me/blog.git", "GIT_BRANCH": "next", "DATABASE_URL": "postgres://x"])
    #expect(main.root == "/app")
    #expect(try project("/srv/a.git", of: main).healthCheck.path == nil)
  }

  @Test(arguments: [
    ("https://git.example.org/me/blog.git", true), ("https://GIT.example.org:443/me/blog.git", true),
    ("http://git.example.org/me/blog.git", false), ("https://git.example.org:8443/me/blog.git", false),
    ("https://git.example.org.evil.org/blog.git", false), ("https://evil.org/git.example.org/blog", false),
    ("https://evil.org/\u{e9}", false), ("git@git.example.org:me/blog.git", false), ("/srv/blog.git", false),
    ("ssh://git.example.org/me/blog.git", false),
  ])
  func `a token goes to the server that it is for, and to no other`(repository: String, isKept: Bool) throws {
    #expect((try project(repository, of: main()).credentials != nil) == isKept)
    // Not even where neither can be compared.
    let local = try main(["GIT_REPO": "/srv/main-\u{e9}.git"])
    #expect(try project(repository, of: local).credentials == nil)
  }

  @Test func `a login of its own is used, and masked`() throws {
    let blog = try project("https://bot:blog%20word@other.org/me/blog.git", of: main())
    #expect(blog.repository.address == "https://other.org/me/blog.git")
    #expect(blog.credentials == Credentials(user: "bot", password: "blog word"))
    #expect(Set(blog.secrets).isSuperset(of: ["blog word", "bot:blog word", "main-token"]))
  }

  @Test func `everything that cannot be right is told at once, without a password`() throws {
    let settings = try load()
    do throws(SettingsError) {
      _ = try settings.forProject(
        root: "/r", repository: "ftp://u:hidden@h/x", branch: "-x", healthPath: "up",
        install: "a\0b", start: String(repeating: "x", count: 8193))
      Issue.record("taken")
    } catch {
      #expect(error.lines.count == 5)
      #expect(
        error.lines.first == """
          repository is "ftp://***@h/x", whose protocol is none of these; it may be git@host:owner/name.git, \
          ssh://, https:// or http://, an absolute path or file:///path.
          """)
      #expect(!error.description.contains("hidden"))
    }
  }

  @Test(arguments: ["", "-x", "ext::sh -c id", "git://h/x", "relative/path", "a\nb", "https://h"])
  func `a repository that git must not be given is refused`(text: String) throws {
    let settings = try load()
    #expect(throws: SettingsError.self) { try project(text, of: settings) }
  }
}
