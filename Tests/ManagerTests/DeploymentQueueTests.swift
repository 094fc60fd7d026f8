import History
import Testing

@testable import Manager

@Suite struct DeploymentQueueTests {
  private func deployment(_ id: Int64) -> Deployment {
    var deployment = Deployment(
      project: "main", state: .queued, trigger: "push", actor: "alice", ref: "main", commit: nil)
    deployment.id = id
    return deployment
  }

  @Test func `of those that wait the newest wins, and the others are handed back`() {
    var queue = DeploymentQueue()
    #expect(queue.add(deployment(1)) == nil)
    #expect(queue.next()?.id == 1)
    #expect(queue.add(deployment(2)) == nil)
    #expect(queue.add(deployment(3))?.id == 2)
    #expect(queue.add(deployment(4))?.id == 3)
    #expect(queue.open.map(\.id) == [1, 4])
    queue.finish()
    #expect(queue.next()?.id == 4)
    queue.finish()
    #expect(queue.next() == nil)
    #expect(queue.open.isEmpty)
  }

  @Test func `one runs at a time`() {
    var queue = DeploymentQueue()
    _ = queue.add(deployment(1))
    _ = queue.next()
    _ = queue.add(deployment(2))
    #expect(queue.next() == nil)
    #expect(queue.running?.id == 1)
    #expect(queue.waiting?.id == 2)
  }

  @Test func `only what waits can be withdrawn`() {
    var queue = DeploymentQueue()
    _ = queue.add(deployment(1))
    _ = queue.next()
    _ = queue.add(deployment(2))
    #expect(queue.withdraw(1) == nil)
    #expect(queue.withdraw(3) == nil)
    #expect(queue.withdraw(2)?.id == 2)
    #expect(queue.withdraw(2) == nil)
    #expect(queue.open.map(\.id) == [1])
  }

  @Test func `what is learned of the running one is kept, of any other it is not`() {
    var queue = DeploymentQueue()
    _ = queue.add(deployment(1))
    _ = queue.next()
    for id in [1, 2] as [Int64] {
      var known = deployment(id)
      known.commit = "abc\(id)"
      queue.update(known)
    }
    #expect(queue.running?.commit == "abc1")
  }
}
