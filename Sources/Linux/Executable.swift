import Glibc

/// Finds a program the way a shell does, with the search path of the child, not of this process.
package enum Executable {
  package enum Failure: Error, Equatable {
    case notFound(String)
    case notExecutable(String)
  }

  package static func find(_ name: String, path: String?) throws(Failure) -> String {
    if name.contains("/") {
      guard Files.resolvedKind(name) != nil else { throw .notFound(name) }
      guard isExecutable(name) else { throw .notExecutable(name) }
      return name
    }
    var unusable: String?
    for folder in (path ?? "/usr/local/bin:/usr/bin:/bin").split(
      separator: ":", omittingEmptySubsequences: false)
    {
      let candidate = (folder.isEmpty ? "." : String(folder)) + "/" + name
      if isExecutable(candidate) { return candidate }
      if unusable == nil, Files.resolvedKind(candidate) == .file { unusable = candidate }
    }
    if let unusable { throw .notExecutable(unusable) }
    throw .notFound(name)
  }

  private static func isExecutable(_ path: String) -> Bool {
    Files.resolvedKind(path) == .file && access(path, X_OK) == 0
  }
}
