import Linux
import TestSupport
import Testing

@testable import Pipeline

@Suite(.timeLimit(.minutes(5))) struct FetchTests {
  private let folder: TemporaryFolder

  init() throws {
    MainLoopThread.start()
    folder = try TemporaryFolder()
    try folder.write("HEAD", "ref: refs/heads/main\n")
  }

  /// A git that fetches, and then finds nothing: since there is nothing, or since it is ended.
  private struct Runner: StepRunner {
    let cancels: Bool

    func run(_ command: StepCommand, timeout: Duration, onLine: @escaping LineHandler) async -> StepOutcome {
      if command.arguments.contains("fetch") {
        return .exited(code: 0, description: "exit code 0", leftBehind: [])
      }
      guard cancels else { return .exited(code: 128, description: "exit code 128", leftBehind: []) }
      withUnsafeCurrentTask { $0?.cancel() }
      return .canceled
    }
  }

  @MainLoop private func job(_ exact: String?, _ runner: Runner) -> Job {
    let source = RepositorySource(url: "/srv/repo", branch: "main", isLocal: true, token: nil)
    let environment = GitEnvironment(base: [:], source: source, configFile: "/config", sshCommand: nil)
    return Job(
      folder: folder.path("release"), number: 1,
      git: Git(mirror: folder.path, source: source, environment: environment, runner: runner), ref: "main",
      exactCommit: exact,
      commands: PipelineCommands(
        install: nil, build: nil, release: nil, installTimeout: nil, buildTimeout: nil, releaseTimeout: nil),
      buildEnvironment: [:], owner: nil, runner: runner, narrator: Narrator { _ in },
      deadline: Deadline(.seconds(60)), caches: CacheFolders(bun: "/cache", trash: "/trash"),
      spare: Spare(folder: "/spare", trash: "/trash"))
  }

  @MainLoop @Test(arguments: [nil, String(repeating: "a", count: 40)] as [String?])
  func `a commit is missing when git says so, not when whoever cancels has ended git`(exact: String?) async {
    for (cancels, code) in [(false, DeployError.Code.fetch), (true, .canceled)] {
      let job = job(exact, Runner(cancels: cancels))
      let error = await Task { @MainLoop () -> DeployError? in
        do throws(DeployError) { _ = try await FetchCode().find(job) } catch { return error }
        return nil
      }.value
      #expect(error?.code == code)
    }
  }
}
