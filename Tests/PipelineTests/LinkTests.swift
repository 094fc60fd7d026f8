import Glibc
import Linux
import TestSupport
import Testing

@testable import Pipeline

/// What the app's user can put into a release, which is theirs.
@Suite(.timeLimit(.minutes(5))) struct LinkTests {
  private let folder: TemporaryFolder
  private let commit = Git.Commit(hash: String(repeating: "a", count: 40), time: "", author: "", subject: "")

  init() throws {
    MainLoopThread.start()
    folder = try TemporaryFolder()
    try Files.makeDirectory(folder.path("releases/1"))
    try folder.write("outside/keep", "")
  }

  @MainLoop private func job(_ runner: any StepRunner = StubRunner()) -> Job {
    let source = RepositorySource(url: "https://host/a", branch: "main", isLocal: false, token: nil)
    let environment = GitEnvironment(base: [:], source: source, configFile: "/config", sshCommand: nil)
    return Job(
      folder: folder.path("releases/1"), number: 1,
      git: Git(
        mirror: folder.path("shared/repo.git"), source: source, environment: environment, runner: runner),
      ref: "main", exactCommit: nil,
      commands: PipelineCommands(
        install: nil, build: nil, release: nil, installTimeout: nil, buildTimeout: nil, releaseTimeout: nil),
      buildEnvironment: [:], owner: nil, runner: runner, narrator: Narrator { _ in },
      deadline: Deadline(.seconds(30)),
      caches: CacheFolders(bun: folder.path("shared/cache"), trash: folder.path("shared/trash")),
      spare: Spare(folder: folder.path("shared/spare"), trash: folder.path("shared/trash")))
  }

  @MainLoop @Test func `a release gets a repository that borrows the mirror's objects`() async throws {
    for reusesFiles in [false, true] {
      try await CheckOut(commit: commit, reusesFiles: reusesFiles).perform(job())
      try folder.write("releases/1/.git/index", "kept")
    }
    let git = folder.path("releases/1/.git")
    #expect(try Files.text(git + "/HEAD") == "ref: refs/heads/main\n")
    #expect(try Files.text(git + "/packed-refs") == "\(commit.hash) refs/heads/main\n")
    #expect(try Files.text(git + "/objects/info/alternates") == "../../../../shared/repo.git/objects\n")
    #expect(try Files.text(git + "/index") == "kept")
    #expect(Files.kind(git + "/refs/heads") == .directory)
  }

  @MainLoop @Test(arguments: [".git", ".git/info", ".git/objects/info", ".git/refs"])
  func `a link in the repository of a begun release leads root nowhere else`(name: String) async throws {
    let path = folder.path("releases/1/\(name)")
    try Files.makeDirectory(Files.parent(of: path))
    try folder.link("releases/1/\(name)", to: folder.path("outside"))
    let error = await #expect(throws: DeployError.self) {
      try await CheckOut(commit: commit, reusesFiles: true).perform(job())
    }
    let last = name.split(separator: "/").last ?? ""
    #expect(error?.message.contains("a link in the place of the folder \(last); deploy again") == true)
    #expect(try Files.list(folder.path("outside")) == ["keep"])
  }

  @MainLoop @Test func `a link in the place of the release leads root nowhere else`() async throws {
    #expect(rmdir(folder.path("releases/1")) == 0)
    try folder.link("releases/1", to: folder.path("outside"))
    try folder.write("outside/package.json", "{}")
    try Files.makeDirectory(folder.path("outside/node_modules"))
    await #expect(throws: DeployError.self) {
      try await CheckOut(commit: commit, reusesFiles: false).perform(job())
    }
    await #expect(throws: DeployError.self) {
      try await InstallDependencies().perform(job(StubRunner(output: "Integrity check failed")))
    }
    #expect(try Files.list(folder.path("outside")) == ["keep", "node_modules", "package.json"])
  }

  @MainLoop @Test func `a damaged cache and what was installed from it are set aside`() async throws {
    for path in ["releases/1/package.json", "releases/1/node_modules/x", "shared/cache/y"] {
      try folder.write(path, "{}")
    }
    await #expect(throws: DeployError.self) {
      try await InstallDependencies().perform(job(StubRunner(output: "error: Integrity check failed")))
    }
    #expect(try Files.list(folder.path("releases/1")) == ["package.json"])
    #expect(try Files.list(folder.path("shared/cache")).isEmpty)
    #expect(try Files.list(folder.path("shared/trash")).count == 2)
  }

  @Test func `a pipe called package.json is no package.json`() {
    #expect(mkfifo(folder.path("package.json"), 0o666) == 0)
    #expect(PackageFile(folder: folder.path) == nil)
  }
}

/// Ends at once: well, or with one line that says why not.
private struct StubRunner: StepRunner {
  var output: String?

  func run(_ command: StepCommand, timeout: Duration, onLine: @escaping LineHandler) async -> StepOutcome {
    if let output { Array(output.utf8).withUnsafeBytes { onLine("stderr", $0) } }
    return .exited(code: output == nil ? 0 : 1, description: "exit code", leftBehind: [])
  }
}
