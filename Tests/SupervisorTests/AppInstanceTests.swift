import Foundation
import Glibc
import Linux
import TestSupport
import Testing

@testable import Supervisor

@Suite(.timeLimit(.minutes(5))) struct AppInstanceTests {
  private let folder: TemporaryFolder

  /// Not one long sleep: a signal that comes just before it is started would only be heard at its end.
  private static let untilAsked = "while :; do sleep 0.05; done"

  init() throws {
    MainLoopThread.start()
    folder = try TemporaryFolder()
  }

  @MainLoop @Test func `a wrapper that dies first does not end the wait for the app`() async throws {
    let script = Script()
    let app = try script.start(
      """
      sh -c 'trap "drain" TERM
        drain() { echo draining; while [ ! -e \(folder.path)/go ]; do sleep 0.01; done; echo drained; exit 0; }
        echo up; \(Self.untilAsked)' &
      wait
      """)
    await script.said("up")
    let stopping = Task { @MainLoop in await app.stop(grace: .seconds(60)) }
    await script.said("draining")
    try await MainLoop.until { Procfs.process(app.pid) == nil }
    #expect(app.isRunning)
    try folder.write("go", "")
    let exit = await stopping.value
    #expect(exit == AppInstance.Exit(status: .signal(SIGTERM), outOfMemory: nil, wanted: true))
    // The shell also reports the sleep that its trap interrupted.
    #expect(script.lines.filter { $0 != "Terminated" } == ["up", "draining", "drained"])
    #expect(script.living == [])
  }

  @MainLoop @Test func `who ignores SIGTERM is killed when the grace is over`() async throws {
    let script = Script()
    let app = try script.start("trap '' TERM; echo up; sleep 100")
    await script.said("up")
    #expect(app.residentBytes > 0)
    let exit = await app.stop(grace: .milliseconds(100))
    #expect(exit.status == .signal(SIGKILL))
    #expect(exit.wanted)
    #expect(exit.outOfMemory == nil)
    #expect(script.living == [])
    #expect(await app.stop(grace: .zero) == exit)
  }

  @MainLoop @Test func `a kill comes without a word`() async throws {
    let script = Script()
    let app = try script.start("trap 'echo asked' TERM; echo up; sleep 100")
    await script.said("up")
    await app.kill()
    #expect(script.lines == ["up"])
    #expect(script.living == [])
  }

  @MainLoop @Test func `an app that ends by itself takes along what it started`() async throws {
    let script = Script()
    let app = try script.start("sh -c 'echo up; sleep 100' & echo $!; read line; exit 3")
    let exit = await app.exit.value()
    #expect(exit == AppInstance.Exit(status: .code(3), outOfMemory: nil, wanted: false))
    #expect(!app.isRunning)
    #expect(script.living == [])
  }

  @MainLoop @Test func `its end is told before what it leaves behind is gone`() async throws {
    let script = Script()
    let app = try script.start(
      """
      sh -c 'trap "while [ ! -e \(folder.path)/go ]; do sleep 0.01; done; exit" TERM; echo up; \(Self.untilAsked)' &
      read line; exit 3
      """, stopGrace: .seconds(60))
    let exit = await app.ended.value()
    #expect(exit == AppInstance.Exit(status: .code(3), outOfMemory: nil, wanted: false))
    #expect(!app.isRunning)
    #expect(!app.exit.isFinished)
    try folder.write("go", "")
    #expect(await app.exit.value() == exit)
  }

  @MainLoop @Test func `the last hundred lines are kept for who asks why it died`() async throws {
    let script = Script()
    let app = try script.start("seq 1000")
    _ = await app.exit.value()
    #expect(app.lastLines == (901...1000).map(String.init))
    #expect(script.lines.count == 1000)
  }

  @MainLoop @Test func `an app that cannot be started says why`() {
    let missing = Command(["no-such-program"], environment: [:], timeout: .zero)
    #expect(throws: CommandFailure.notFound("no-such-program")) {
      try AppInstance(
        missing, table: Reaper.table, marks: Reaper.marks, memory: nil, stopGrace: .zero, onLine: { _ in })
    }
  }

  @MainLoop @Test func `orphans are reaped, and none stays a zombie`() async throws {
    let table = Reaper.table
    let before = table.orphansReaped
    let count = 200
    #expect(try await Script().run("for i in $(seq \(count)); do (true &); done").status.isSuccess)
    while table.orphansReaped < before + count { await table.nextExit(within: .seconds(1)) }
  }

  @MainLoop @Test func `a crash ends the wait for its health at once`() async throws {
    let script = Script()
    let app = try script.start("while [ ! -e \(folder.path)/go ]; do sleep 0.01; done; exit 7")
    let check = HealthCheck(path: nil, interval: .seconds(3600), timeout: .seconds(3600))
    // Port 1 of loopback: nothing listens there.
    let verdict = await check.wait(for: app, port: 1, within: .seconds(3600)) { probe in
      #expect(probe.status == nil)
      _ = try? folder.write("go", "")
    }
    #expect(verdict == .exited(AppInstance.Exit(status: .code(7), outOfMemory: nil, wanted: false)))
  }

  @MainLoop @Test func `an app that never listens is unhealthy, with the last probe as the reason`()
    async throws
  {
    let script = Script()
    let app = try script.start("sleep 100")
    let check = HealthCheck(path: "/up", interval: .milliseconds(10), timeout: .milliseconds(100))
    var probes = 0
    let verdict = await check.wait(for: app, port: 1, within: .milliseconds(100)) { _ in probes += 1 }
    guard case .unhealthy(let last, shortage: nil) = verdict else {
      Issue.record("\(verdict)")
      return
    }
    #expect(last?.summary.hasPrefix("GET http://127.0.0.1:1/up: connection refused after ") == true)
    #expect(probes == 1)
    await app.stop(grace: .seconds(30))
  }
}
