// The variable `environ` is mutable, but nothing in this program changes it.
@preconcurrency import Glibc

enum ProcessEnvironment {
  /// As getenv sees it: of a name that is there twice, the first.
  static func read() -> [String: String] {
    var result: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
      let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2, result[String(parts[0])] == nil { result[String(parts[0])] = String(parts[1]) }
      entry += 1
    }
    return result
  }
}
