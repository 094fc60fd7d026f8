import Linux
import TestSupport
import Testing

@testable import Supervisor

@Suite(.timeLimit(.minutes(2))) struct FamilyTests {
  init() { MainLoopThread.start() }

  /// Calls of read(2): each process that is looked at takes some.
  @MainLoop private func reads(of family: ProcessFamily) -> Int {
    ReadCount.of { _ = family.members() }.calls
  }

  @MainLoop @Test func `who else runs costs nothing to look at`() async throws {
    let script = Script()
    let app = try script.start("sleep 1000 & echo up; wait")
    await script.said("up")
    let family = ProcessFamily(leader: app.pid, mark: nil, table: Reaper.table)
    #expect(family.members().count == 2)
    let alone = reads(of: family)
    var others: [(Script, AppInstance)] = []
    for _ in 0..<3 {
      let other = Script()
      others.append((other, try other.start("for n in $(seq 15); do sleep 1000 & done; echo up; wait")))
    }
    for (other, _) in others { await other.said("up") }
    // Other tests start and end things meanwhile: the least of some looks is what one takes.
    let among = (0..<5).map { _ in reads(of: family) }.min() ?? 0
    #expect(among < alone + 30, "\(alone) reads alone, \(among) among fifty others")
    for (_, other) in others { await other.kill() }
    await app.kill()
  }

  @MainLoop @Test func `who fled is found among many others`() async throws {
    let other = Script()
    let bystander = try other.start("sleep 1000 & echo up; wait")
    await other.said("up")
    let script = Script()
    // Out of the session and away from its parent, which ends.
    let app = try script.start("(setsid sh -c 'echo fled; exec sleep 1000' &); echo up; exec sleep 1000")
    await script.said("fled")
    await script.said("up")
    #expect(await app.stop(grace: .seconds(5)).wanted)
    #expect(script.living == [])
    #expect(other.living.count == 2)
    await bystander.kill()
  }
}
