import Foundation

/// A program that a test runs, in a session of its own.
struct Child: Sendable {
  private let base: String

  static func start(
    _ command: [String], in workspace: Workspace, environment: [String: String] = [:],
    directory: String? = nil
  ) throws -> Child {
    let child = Child(base: workspace.fresh("processes"))
    let arguments = [Toolbox.support + "/observed", child.base, directory ?? workspace.path] + command
    let merged = workspace.environment.merging(environment) { $1 }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, child.base + ".out", O_WRONLY | O_CREAT | O_APPEND, 0o644)
    posix_spawn_file_actions_addopen(&actions, 2, child.base + ".err", O_WRONLY | O_CREAT | O_APPEND, 0o644)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    var all = sigset_t()
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    let newSession: Int32 = 0x80
    posix_spawnattr_setflags(
      &attributes, Int16(newSession | Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF)))
    let strings = arguments.map { strdup($0) } + [nil]
    let variables = merged.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for string in strings + variables { free(string) } }
    var pid: pid_t = 0
    let code = posix_spawn(&pid, arguments[0], &actions, &attributes, strings, variables)
    guard code == 0 else { throw Failure("\(command[0]) does not start: \(String(cString: strerror(code)))") }
    workspace.adopt(session: pid)
    return child
  }

  var output: String { text(".out") }
  var errors: String { text(".err") }

  /// How much it has said so far.
  struct Mark: Sendable {
    fileprivate let output: Int
    fileprivate let errors: Int
  }

  var mark: Mark { Mark(output: size(".out"), errors: size(".err")) }

  /// Cheap enough to be asked for again and again.
  func said(since mark: Mark) -> String { text(".out", from: mark.output) + text(".err", from: mark.errors) }

  /// nil while it runs.
  var exitCode: Int32? {
    let code = text(".code")
    return code.hasSuffix("\n") ? Int32(code.dropLast()) : nil
  }

  func pid() async throws -> pid_t {
    try await eventually("the program has a pid", every: .milliseconds(2)) {
      let pid = text(".pid")
      return pid.hasSuffix("\n") ? pid_t(pid.dropLast()) : nil
    }
  }

  func signal(_ number: Int32) async throws { kill(try await pid(), number) }

  func ended(within limit: Duration = patience) async throws -> Int32 {
    try await eventually("the program ends\n\(output)\(errors)", within: limit, every: .milliseconds(2)) {
      exitCode
    }
  }

  private func size(_ ending: String) -> Int {
    var status = stat()
    return stat(base + ending, &status) == 0 ? Int(status.st_size) : 0
  }

  private func text(_ ending: String, from start: Int) -> String {
    guard let file = FileHandle(forReadingAtPath: base + ending) else { return "" }
    defer { try? file.close() }
    guard (try? file.seek(toOffset: UInt64(start))) != nil, let bytes = try? file.readToEnd() else {
      return ""
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func text(_ ending: String) -> String {
    String(decoding: FileManager.default.contents(atPath: base + ending) ?? Data(), as: UTF8.self)
  }
}
