import Linux
import TestSupport
import Testing

@Suite struct ProcessCeilingTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.write("sys/kernel/pid_max", "30000\n")
    try folder.write("sys/kernel/threads-max", "20000\n")
  }

  private func ceiling(_ membership: String) throws -> ProcessCeiling {
    try folder.write("self/cgroup", membership)
    return ProcessCeiling(root: folder.path("cgroup"), proc: folder.path)
  }

  @Test func `without a cgroup's limit the kernel's lowest counts, as far as a machine can stand`() throws {
    try folder.write("cgroup/pids.max", "max\n")
    let ceiling = try ceiling("0::/\n")
    #expect(ceiling.count == 20_000)
    #expect(ceiling.forSteps(of: 1000) == 8192)
    #expect(ceiling.forApp(of: 1000) == 15_000)
  }

  @Test(arguments: [
    ("0::/app.slice/web\n", "app.slice/web/pids.max"), ("0::/app.slice/web\n", "pids.max"),
    ("4:memory:/x\n8:pids:/web\n0::/\n", "pids/web/pids.max"), ("8:pids:/web\n", "pids/pids.max"),
  ])
  func `a cgroup's limit is parted between steps, app and Bascule`(membership: String, file: String) throws {
    try folder.write("cgroup/\(file)", "200\n")
    let ceiling = try ceiling(membership)
    #expect(ceiling.count == 200)
    #expect(ceiling.forSteps(of: 1000) == 100)
    #expect(ceiling.forApp(of: 1000) == 150)
  }

  @Test func `root is held to nothing, and nobody to no process at all`() throws {
    try folder.write("cgroup/pids.max", "1\n")
    let ceiling = try ceiling("0::/\n")
    #expect((ceiling.forSteps(of: 0), ceiling.forApp(of: 0)) == (0, 0))
    #expect((ceiling.forSteps(of: 1), ceiling.forApp(of: 1)) == (1, 1))
  }

  @Test func `what cannot be read is no limit`() {
    let ceiling = ProcessCeiling(root: folder.path("nowhere"), proc: folder.path("nowhere"))
    #expect(ceiling.forSteps(of: 1000) > 0)
  }
}
