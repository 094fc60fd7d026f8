import Glibc
import Linux

/// A child that is over, and what it had printed.
struct Child {
  let pid: pid_t
  let output: String

  /// Its exit status stays untouched: tests of the reaper share this process and may have taken it.
  static func run(
    _ program: String, _ arguments: [String] = [], adjust: (inout Spawn) -> Void = { _ in }
  ) throws -> Child {
    let pipe = try FileDescriptor.pipe()
    var spawn = Spawn(
      program: program, arguments: [program] + arguments,
      environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "GREETING": "hello"],
      output: pipe.write.raw, error: pipe.write.raw)
    // The parent meant there is the thread, and this one belongs to a pool.
    spawn.diesWithParent = false
    adjust(&spawn)
    let pid = try spawn.start()
    pipe.write.close()
    let output = String(decoding: try pipe.read.readAll(limit: 1 << 20), as: UTF8.self)
    waitpid(pid, nil, 0)
    return Child(pid: pid, output: output)
  }
}
