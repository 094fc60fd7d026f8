import Foundation
import Glibc
import Linux
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct ProcfsTests {
  @Test(arguments: ["plain", "a b", ") Z 1 1 (", "((", "x) R (y"])
  func `a process is known by its name, whatever is in it`(name: String) throws {
    let folder = try TemporaryFolder()
    // By this name the kernel knows the process; cat itself does not care what it is called.
    try folder.link(name, to: "/bin/cat")
    let input = try FileDescriptor.pipe()
    let output = try FileDescriptor.pipe()
    var spawn = Spawn(
      program: folder.path(name), arguments: ["cat"], environment: ["MARK": "abc"], output: output.write.raw,
      error: output.write.raw)
    spawn.input = input.read.raw
    spawn.diesWithParent = false
    let pid = try spawn.start()
    defer {
      kill(pid, SIGKILL)
      waitpid(pid, nil, 0)
    }
    // Its environment can be read a moment after the start; once it answers, it can.
    try input.write.writeAll([1])
    #expect(try output.read.read(upTo: 1) == [1])
    let process = try #require(Procfs.process(pid))
    #expect(process.name == name)
    #expect(process.parent == getpid())
    #expect(process.group == pid)
    #expect(!process.isZombie)
    #expect(Procfs.descendants(of: getpid()).contains { $0.pid == pid })
    #expect(Procfs.environment(of: pid, has: "MARK=abc"))
    #expect(!Procfs.environment(of: pid, has: "MARK=ab"))
    #expect(Procfs.environment(of: pid, hasName: "MARK"))
    #expect(!Procfs.environment(of: pid, hasName: "MAR"))
    #expect(Procfs.residentBytes(of: pid) > 0)
  }

  @Test func `a process that is not there is no error`() {
    #expect(Procfs.process(-1) == nil)
    #expect(!Procfs.environment(of: -1, has: "A=b"))
    #expect(Procfs.residentBytes(of: -1) == 0)
  }
}
