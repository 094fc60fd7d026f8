import Foundation

/// What the kernel says of processes, seen from outside.
enum Procfs {
  static func pids() -> [pid_t] {
    ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }
  }

  static func state(_ pid: pid_t) -> String? { fields(pid)?.first }

  static func parent(_ pid: pid_t) -> pid_t? { fields(pid).flatMap { $0.count > 1 ? pid_t($0[1]) : nil } }

  static func children(of pid: pid_t) -> [pid_t] { pids().filter { parent($0) == pid } }

  static func descendants(of pid: pid_t) -> [pid_t] {
    children(of: pid).flatMap { [$0] + descendants(of: $0) }
  }

  static func folder(_ pid: pid_t) -> String {
    (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/cwd")) ?? ""
  }

  static func openDescriptors(_ pid: pid_t) -> Int {
    ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd")) ?? []).count
  }

  /// A line of /proc/PID/status, such as "VmRSS" or "Threads".
  static func status(_ pid: pid_t, _ name: String) -> Int? {
    let text = String(decoding: read("/proc/\(pid)/status"), as: UTF8.self)
    guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name + ":") }) else {
      return nil
    }
    return line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
  }

  static func commandLine(_ pid: pid_t) -> [String] {
    read("/proc/\(pid)/cmdline").split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  }

  /// From the state on: the name before it may hold anything.
  private static func fields(_ pid: pid_t) -> [String]? {
    let text = String(decoding: read("/proc/\(pid)/stat"), as: UTF8.self)
    guard let end = text.lastIndex(of: ")") else { return nil }
    return text[end...].dropFirst().split(separator: " ").map(String.init)
  }

  private static func read(_ path: String) -> Data { FileManager.default.contents(atPath: path) ?? Data() }
}
