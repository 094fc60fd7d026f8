import Foundation

/// How many descriptors a running process may have open.
struct DescriptorLimit: Sendable {
  let pid: pid_t
  let workspace: Workspace

  /// Not one more, not even in the place of one that is closed: the first three never are. With less than it asks for
  /// poll would fail too.
  static let none = 3

  /// Returns the limit before.
  @discardableResult
  func set(_ number: Int) async throws -> Int {
    let prlimit = try Toolbox.find("prlimit", package: "util-linux")
    let before = try await soft(prlimit)
    try await workspace.run([prlimit, "--pid", "\(pid)", "--nofile=\(number):"])
    guard try await soft(prlimit) == number else { throw Failure("prlimit changed nothing") }
    return before
  }

  private func soft(_ prlimit: String) async throws -> Int {
    let text = try await workspace.run([
      prlimit, "--pid", "\(pid)", "--nofile", "--output", "SOFT", "--noheadings",
    ])
    guard let number = Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
      throw Failure("prlimit says \(text)")
    }
    return number
  }
}

extension Procfs {
  /// With this as its limit a process gets no descriptor more until it closes one.
  static func lowestFree(_ pid: pid_t) -> Int {
    let open = Set(
      (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd"))?.compactMap { Int($0) } ?? [])
    return (0...).first { !open.contains($0) } ?? 0
  }
}
