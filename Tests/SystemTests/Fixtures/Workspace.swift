import Foundation
import Synchronization

/// A folder of one test, and all that the test starts. Both are gone when the test ends.
final class Workspace: Sendable {
  let path: String
  private let sessions = Mutex<[pid_t]>([])
  private let mounts = Mutex<[String]>([])

  private init() throws {
    var template = Array("/tmp/bascule-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw Failure("no temporary folder: \(String(cString: strerror(errno)))")
    }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    chmod(path, 0o755)
    for folder in ["processes", "home", "files"] { try makeFolder(folder) }
  }

  /// With BASCULE_KEEP set the folder stays, to be looked at.
  static func with<Value>(_ body: (Workspace) async throws -> Value) async throws -> Value {
    let workspace = try Workspace()
    do {
      let value = try await body(workspace)
      workspace.end()
      return value
    } catch {
      workspace.end()
      throw error
    }
  }

  var environment: [String: String] {
    [
      "PATH": (try? Toolbox.path()) ?? "/usr/bin:/bin", "HOME": path + "/home", "LANG": "C.UTF-8",
      "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org",
      "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org",
    ]
  }

  func makeFolder(_ name: String) throws {
    try FileManager.default.createDirectory(atPath: "\(path)/\(name)", withIntermediateDirectories: true)
  }

  @discardableResult
  func write(_ text: String, to name: String, mode: mode_t = 0o644) throws -> String {
    let file = "\(path)/\(name)"
    try text.write(toFile: file, atomically: false, encoding: .utf8)
    chmod(file, mode)
    return file
  }

  func fresh(_ folder: String) -> String { "\(path)/\(folder)/\(UUID().uuidString)" }

  func adopt(session: pid_t) { sessions.withLock { $0.append(session) } }

  /// A file system of its own, to be filled or made read-only.
  func mount(_ name: String, options: String) async throws -> String {
    try Toolbox.requireRoot(for: "mounting a small file system")
    try makeFolder(name)
    let folder = "\(path)/\(name)"
    try await run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder])
    mounts.withLock { $0.append(folder) }
    return folder
  }

  /// Runs a program to its end, whatever that is.
  func attempt(
    _ command: [String], environment: [String: String] = [:], directory: String? = nil
  ) async throws -> Finished {
    let child = try Child.start(command, in: self, environment: environment, directory: directory)
    let code = try await child.ended()
    return Finished(code: code, output: child.output, errors: child.errors)
  }

  /// Runs a program that has to succeed.
  @discardableResult
  func run(
    _ command: [String], environment: [String: String] = [:], directory: String? = nil
  ) async throws -> String {
    let finished = try await attempt(command, environment: environment, directory: directory)
    guard finished.code == 0 else { throw Failure("\(command.joined(separator: " ")): \(finished)") }
    return finished.output
  }

  private func end() {
    endSessions()
    for folder in mounts.withLock({ $0 }) { umount2(folder, Int32(MNT_DETACH)) }
    if ProcessInfo.processInfo.environment["BASCULE_KEEP"] == nil {
      try? FileManager.default.removeItem(atPath: path)
    }
  }

  /// By session and by folder, not by pid: a program that has ended may have left others.
  private func endSessions() {
    let ours = Set(sessions.withLock { $0 })
    for _ in 0..<1000 {
      let living = Procfs.pids().filter {
        Procfs.state($0) != "Z" && (ours.contains(getsid($0)) || Procfs.folder($0).hasPrefix(path + "/"))
      }
      if living.isEmpty { break }
      for pid in living { kill(pid, SIGKILL) }
      usleep(2000)
    }
    for pid in ours { waitpid(pid, nil, WNOHANG) }
  }
}

struct Finished: CustomStringConvertible {
  let code: Int32
  let output: String
  let errors: String

  var description: String { "exit code \(code)\n\(output)\(errors)" }
}
