import Glibc
import Linux

extension ReleaseStore {
  /// To be called before any work, so that a missing file fails a deployment early.
  package func prepareShared(_ paths: SharedPaths) throws(ReleaseError) {
    for entry in paths.entries {
      let path = layout.shared + "/" + entry.path
      switch Files.resolvedKind(path) {
      case .directory: continue
      case nil where entry.isFolder:
        try attempt("make \(path)") { () throws(SystemError) in
          _ = try Folder.open(layout.shared).enter(entry.parts, creatingFor: owner)
        }
      case nil:
        throw ReleaseError(
          "SHARED_PATHS names \(entry.path), but there is no \(path). Put it there, or take it out of SHARED_PATHS;"
            + " a folder that may be made empty is written with a slash: \(entry.path)/")
      default:
        guard !entry.isFolder else {
          throw ReleaseError("SHARED_PATHS names the folder \(entry.path)/, but \(path) is a file.")
        }
      }
    }
  }

  /// Replaces what the checkout has at these places. Returns paths to delete, with all below them.
  package func linkShared(_ paths: SharedPaths, into number: Int) throws(ReleaseError) -> [String] {
    var replaced: [String] = []
    for entry in paths.entries {
      guard let name = entry.parts.last else { continue }
      let release = layout.release(number)
      do throws(SystemError) {
        let folder = try open(number).enter(entry.parts.dropLast(), creatingFor: owner)
        let target = String(repeating: "../", count: entry.parts.count + 1) + "shared/" + entry.path
        let trash = trashPath(for: "\(number)-shared")
        if let left = try folder.replaceByLink(name, to: target, movingAsideTo: trash) {
          let parent = ([release] + entry.parts.dropLast()).joined(separator: "/")
          replaced.append(left.hasPrefix("/") ? left : parent + "/" + left)
        }
      } catch  where error.code == ELOOP || error.code == ENOTDIR {
        throw ReleaseError(
          "Could not link \(entry.path) of SHARED_PATHS into release \(number): \(error.subject) on the way there is a"
            + " link or a file in the repository. Make it a folder, or take \(entry.path) out of SHARED_PATHS.",
          cause: error)
      } catch {
        throw ReleaseError(
          "Could not link \(entry.path) of SHARED_PATHS into release \(number): \(error.reason).",
          cause: error)
      }
    }
    return replaced
  }
}
