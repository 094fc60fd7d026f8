import Glibc
import Linux
import TestSupport
import Testing

@testable import Supervisor

@Suite(.timeLimit(.minutes(5))) struct FamilyTests {
  init() { MainLoopThread.start() }

  /// Calls of read(2): each process that is looked at takes some.
  @MainLoop private func reads(of family: ProcessFamily) -> Int {
    ReadCount.of { _ = family.members() }.calls
  }

  /// A shell with so many children, in a session of its own. Nobody looks after it.
  @MainLoop private func startOther(children count: Int) async throws -> pid_t {
    let null = try FileDescriptor.open("/dev/null", O_RDWR)
    let spawn = Spawn(
      program: "/bin/sh", arguments: ["sh", "-c", "for n in $(seq \(count)); do sleep 1000 & done; wait"],
      environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"], output: null.raw, error: null.raw)
    let pid = try Reaper.table.start(spawn) { _ in }
    try await MainLoop.until { Procfs.descendants(of: pid).count { $0.name == "sleep" } >= count }
    return pid
  }

  @MainLoop @Test func `who else was started here is not looked at`() async throws {
    let script = Script()
    let app = try script.start("sleep 1000 & echo up; wait")
    await script.said("up")
    var others: [pid_t] = []
    for _ in 0..<3 { others.append(try await startOther(children: 15)) }
    let family = ProcessFamily(leader: app.pid, mark: nil, table: Reaper.table)
    #expect(family.members().count == 2)
    // One that knows of no others looks at all of them. Beside each other, since other tests start and end things.
    let ignorant = ProcessFamily(leader: app.pid, mark: nil, table: ProcessTable())
    let spared = (0..<5).map { _ in reads(of: ignorant) - reads(of: family) }.sorted()[2]
    #expect(spared > 45)
    for other in others { kill(-other, SIGKILL) }
    await app.kill()
  }

  @MainLoop @Test func `a leader that is still to be reaped is no reason to look at all processes`()
    async throws
  {
    let other = try await startOther(children: 30)
    let script = Script()
    let app = try script.start("echo up; exec sleep 1000")
    await script.said("up")
    kill(app.pid, SIGKILL)
    // In this turn of the loop nobody reaps it.
    while Procfs.process(app.pid)?.isZombie == false { usleep(1000) }
    let family = ProcessFamily(leader: app.pid, mark: nil, table: Reaper.table)
    #expect(family.members().isEmpty)
    // Beside each other, since other tests start and end things.
    let more = (0..<5).map { _ in
      let others = Reaper.table.children.subtracting([app.pid])
      return reads(of: family) - ReadCount.of { _ = Procfs.descendants(of: getpid(), except: others) }.calls
    }
    #expect(more.sorted()[2] < 30)
    #expect(await family.emptied(within: .seconds(5)))
    #expect(Procfs.process(app.pid) == nil)
    kill(-other, SIGKILL)
    await app.kill()
  }

  @MainLoop @Test func `who fled is found among others, who are left alone`() async throws {
    let other = try await startOther(children: 1)
    let script = Script()
    // Out of the session and away from its parent, which ends.
    let app = try script.start("(setsid sh -c 'echo fled; exec sleep 1000' &); echo up; exec sleep 1000")
    await script.said("fled")
    await script.said("up")
    #expect(await app.stop(grace: .seconds(5)).wanted)
    #expect(script.living == [])
    #expect(Procfs.descendants(of: other).count == 1)
    kill(-other, SIGKILL)
  }
}
