import Glibc
import Linux

/// An open folder. Whoever wrote the app may put a link anywhere in it, also while root looks: so every step is
/// taken from a descriptor, and never through a link.
struct Folder {
  private let descriptor: FileDescriptor

  static func open(_ path: String) throws(SystemError) -> Folder {
    Folder(descriptor: try FileDescriptor.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW))
  }

  /// The folder at `parts`, made where it is missing.
  func enter(_ parts: ArraySlice<String>, creatingFor owner: Identity?) throws(SystemError) -> Folder {
    guard let name = parts.first else { return self }
    let next: Folder
    do throws(SystemError) {
      next = try enter(name)
    } catch  where error.code == ENOENT {
      try systemCall("mkdir", name) { mkdirat(descriptor.raw, name, 0o755) }
      next = try enter(name)
      if let owner { try systemCall("chown", name) { fchown(next.descriptor.raw, owner.uid, owner.gid) } }
    }
    return try next.enter(parts.dropFirst(), creatingFor: owner)
  }

  /// A folder that was at `name` goes to `trash`, or stays beside it when that is on another volume: returned
  /// is its path there, or its name here.
  func replaceByLink(_ name: String, to target: String, movingAsideTo trash: String) throws(SystemError)
    -> String?
  {
    let temporary = ".bascule-link"
    unlinkat(descriptor.raw, temporary, 0)
    try systemCall("symlink", name) { symlinkat(target, descriptor.raw, temporary) }
    do throws(SystemError) {
      try rename(temporary, to: name)
      return nil
    } catch  where error.code == EISDIR {
      let aside = try moveAside(name, to: trash)
      try rename(temporary, to: name)
      return aside
    }
  }

  private func enter(_ name: String) throws(SystemError) -> Folder {
    let raw = try systemCall("open", name) {
      openat(descriptor.raw, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    }
    return Folder(descriptor: FileDescriptor(owning: raw))
  }

  private func moveAside(_ name: String, to trash: String) throws(SystemError) -> String {
    do throws(SystemError) {
      try systemCall("rename", name) { renameat(descriptor.raw, name, AT_FDCWD, trash) }
      return trash
    } catch  where error.code == EXDEV {
      let aside = ".bascule-replaced-" + String(UInt64.random(in: .min ... .max), radix: 36)
      try rename(name, to: aside)
      return aside
    }
  }

  private func rename(_ from: String, to name: String) throws(SystemError) {
    try systemCall("rename", name) { renameat(descriptor.raw, from, descriptor.raw, name) }
  }
}
