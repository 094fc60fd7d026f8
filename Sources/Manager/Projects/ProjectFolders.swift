import Glibc
import History
import Linux

/// `APP_ROOT/projects`, a folder each.
struct ProjectFolders {
  let root: String

  private static let removed = ".removed-"

  func folder(of slug: String) -> String { "\(root)/\(slug)" }

  /// Slugs of the folders that hold a project, and sentences about those that cannot be read.
  func load() -> (found: [ProjectFile], problems: [String]) {
    var found: [ProjectFile] = []
    var problems: [String] = []
    for name in ((try? Files.list(root)) ?? []).sorted() where ProjectRules.problem(withSlug: name) == nil {
      let folder = folder(of: name)
      // Made, and never finished.
      guard Files.kind("\(folder)/\(ProjectFile.name)") != nil else { continue }
      do throws(SystemError) {
        if let file = try ProjectFile.read(folder, slug: name) {
          found.append(file)
        } else {
          problems.append("\(folder)/\(ProjectFile.name) is damaged: project \(name) is not served")
        }
      } catch {
        problems.append("project \(name) is not served: \(error)")
      }
    }
    return (found, problems)
  }

  /// From here on it is a project.
  func make(_ file: ProjectFile) throws(SystemError) {
    let folder = folder(of: file.record.slug)
    try Files.makeDirectory(root)
    try Files.makeDirectory(folder)
    try Files.syncDirectory(root)
    try file.write(into: folder)
  }

  /// From here on it is none. Returns what is to be deleted.
  func setAside(_ slug: String) throws(SystemError) -> String {
    let aside = "\(root)/\(Self.removed)\(slug)-\(Timestamp.now.milliseconds)"
    try Files.rename(folder(of: slug), aside)
    try Files.syncDirectory(root)
    return aside
  }

  /// It has never been one.
  func unmake(_ slug: String) { _ = unlink("\(folder(of: slug))/\(ProjectFile.name)") }

  /// What a manager before this one did not come to delete.
  var leftovers: [(slug: String, path: String)] {
    ((try? Files.list(root)) ?? []).filter { $0.hasPrefix(Self.removed) }.map { name in
      let rest = name.dropFirst(Self.removed.count)
      let slug = rest.lastIndex(of: "-").map { String(rest[..<$0]) } ?? ""
      return (slug, "\(root)/\(name)")
    }
  }
}
