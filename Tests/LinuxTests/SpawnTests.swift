import Foundation
import Glibc
import Linux
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct SpawnTests {
  /// From /proc/PID/stat, after the name.
  private func identifiers(_ child: Child) throws -> (group: pid_t, session: pid_t) {
    let end = try #require(child.output.lastIndex(of: ")"))
    let fields = child.output[end...].split(separator: " ")
    return (try #require(pid_t(fields[3])), try #require(pid_t(fields[4])))
  }

  @Test func `a child leads a session of its own, or at least a group`() throws {
    let child = try Child.run("/bin/cat", ["/proc/self/stat"])
    #expect(try identifiers(child) == (child.pid, child.pid))
    let other = try Child.run("/bin/cat", ["/proc/self/stat"]) { $0.newSession = false }
    #expect(try identifiers(other) == (other.pid, getsid(0)))
  }

  @Test func `a child starts with an empty mask and every signal at its default`() throws {
    var mask = sigset_t()
    var before = sigset_t()
    sigemptyset(&mask)
    sigaddset(&mask, SIGUSR1)
    sigaddset(&mask, SIGTERM)
    pthread_sigmask(SIG_BLOCK, &mask, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    let handler = signal(SIGUSR2, SIG_IGN)
    defer { signal(SIGUSR2, handler) }
    let status = try Child.run("/bin/cat", ["/proc/self/status"]).output.split(separator: "\n")
    for name in ["SigBlk", "SigIgn", "SigCgt"] {
      let line = try #require(status.first { $0.hasPrefix(name) })
      let mask = try #require(UInt64(line.split(separator: "\t")[1], radix: 16))
      // Signal 32 is glibc's own, and nobody else may touch it.
      #expect(mask & ~(1 << 31) == 0, "\(line)")
    }
    var after = sigset_t()
    pthread_sigmask(SIG_SETMASK, nil, &after)
    #expect(sigismember(&after, SIGTERM) == 1)
  }

  @Test func `a child inherits no descriptor but its three`() throws {
    let inheritable = dup(0)
    defer { close(inheritable) }
    #expect(fcntl(inheritable, F_GETFD) == 0)
    // The fourth is ls's own, for the folder it lists.
    let child = try Child.run("/bin/ls", ["/proc/self/fd"])
    #expect(child.output == "0\n1\n2\n3\n")
    #expect(try Child.run("/bin/readlink", ["/proc/self/fd/0"]).output == "/dev/null\n")
  }

  @Test func `output and error may change places`() throws {
    let pipes = [try FileDescriptor.pipe(), try FileDescriptor.pipe()]
    _ = try Child.run("/bin/sh", ["-c", "echo out; echo err >&2"]) {
      $0.output = pipes[0].write.raw
      $0.error = pipes[1].write.raw
    }
    for pipe in pipes { pipe.write.close() }
    #expect(try pipes[0].read.readAll(limit: 100) == Array("out\n".utf8))
    #expect(try pipes[1].read.readAll(limit: 100) == Array("err\n".utf8))
  }

  @Test(.enabled(if: getuid() == 0)) func `a child becomes whom it is told to, with none of root's groups`()
    throws
  {
    let nobody = Identity(uid: 65534, gid: 65534, groups: [65534, 12345])
    let child = try Child.run("/bin/sh", ["-c", "id -u; id -g; id -G; id -ru"]) { $0.identity = nobody }
    #expect(child.output == "65534\n65534\n65534 12345\n65534\n")
    #expect(getuid() == 0)
  }

  @Test func `a child has the environment and the folder it is given and nothing else`() throws {
    #expect(
      try Child.run("/usr/bin/env").output.split(separator: "\n").sorted()
        == ["GREETING=hello", "PATH=/usr/local/bin:/usr/bin:/bin"])
    #expect(try Child.run("/bin/pwd") { $0.directory = "/usr" }.output == "/usr\n")
    let usual = try #require(Int(try Child.run("/usr/bin/nice").output.dropLast()))
    #expect(try Child.run("/usr/bin/nice") { $0.niceness = 5 }.output == "\(min(19, usual + 5))\n")
  }

  @Test func `a folder that cannot be entered is named`() {
    #expect(throws: SystemError(code: ENOENT, operation: "chdir", subject: "/nowhere")) {
      try Child.run("/bin/true") { $0.directory = "/nowhere" }
    }
  }

  @Test func `a program that cannot be started is named`() throws {
    let folder = try TemporaryFolder()
    let script = folder.path("script")
    // By another process: what this one has just written may be open in a child that is being started.
    _ = try Child.run("/bin/sh", ["-c", "echo echo no first line > \(script); chmod 755 \(script)"])
    #expect(throws: SystemError(code: ENOEXEC, operation: "start", subject: script)) { try Child.run(script) }
    #expect(throws: SystemError(code: ENOENT, operation: "start", subject: "/nowhere")) {
      try Child.run("/nowhere")
    }
  }
}
