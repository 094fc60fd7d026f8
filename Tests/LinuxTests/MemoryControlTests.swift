import Linux
import TestSupport
import Testing

@Suite struct MemoryControlTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func control(_ membership: String) throws -> MemoryControl? {
    let file = try folder.write("membership", membership)
    return MemoryControl(root: folder.path, membership: file)
  }

  @Test(arguments: ["memory.events", "app.slice/web/memory.events"])
  func `version 2 is read, at the path the kernel names or at the root`(events: String) throws {
    try folder.write(events, "low 0\nhigh 1\nmax 7\noom 3\noom_kill 2\noom_group_kill 9\n")
    let limit = events.replacing("events", with: "max")
    try folder.write(limit, "268435456\n")
    let control = try #require(try control("0::/app.slice/web\n"))
    #expect(control.outOfMemoryKills == 2)
    #expect(control.limit == 256 << 20)
    try folder.write(limit, "max\n")
    #expect(control.limit == nil)
  }

  @Test(arguments: ["memory", "memory/docker/abc"])
  func `version 1 is read, at the path the kernel names or at the root`(base: String) throws {
    try folder.write(base + "/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n")
    try folder.write(base + "/memory.limit_in_bytes", "1048576\n")
    let control = try #require(
      try control("5:cpu,cpuacct:/docker/abc\n4:hugetlb,memory:/docker/abc\n1:name=systemd:/\n0::/\n"))
    #expect(control.outOfMemoryKills == 4)
    #expect(control.limit == 1 << 20)
    try folder.write(base + "/memory.limit_in_bytes", "9223372036854771712\n")
    #expect(control.limit == nil)
  }

  @Test(arguments: ["", "nonsense\n:::\n", "0::/\n", "4:memory:/\n", "1:cpu:/\n"])
  func `where there is no memory controller there is none`(membership: String) throws {
    #expect(try control(membership) == nil)
  }

  @Test func `files that go away count as no kills and no limit`() throws {
    try folder.write("memory.events", "oom_kill 1\n")
    let control = try #require(try control("0::/\n"))
    #expect(control.limit == nil)
    try Files.remove(folder.path("memory.events"))
    #expect(control.outOfMemoryKills == 0)
  }
}
