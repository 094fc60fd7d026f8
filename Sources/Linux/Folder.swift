import CLinux
import Glibc

/// An open folder. Whoever wrote the app may put a link anywhere in it, also while root looks: so every step is
/// taken from a descriptor, and never through a link.
package struct Folder: Sendable {
  private let descriptor: FileDescriptor

  /// Only for a path of which the app's user can change nothing: links on the way are followed.
  package static func open(_ path: String) throws(SystemError) -> Folder {
    Folder(descriptor: try FileDescriptor.open(path, O_RDONLY | O_DIRECTORY))
  }

  package func enter(_ parts: some Sequence<String>) throws(SystemError) -> Folder {
    var folder = self
    for name in parts { folder = try folder.enter(name) }
    return folder
  }

  /// The folder at `parts`, made where it is missing.
  package func enter(_ parts: some Sequence<String>, creatingFor owner: Identity?) throws(SystemError)
    -> Folder
  {
    var folder = self
    for name in parts {
      do throws(SystemError) {
        folder = try folder.enter(name)
      } catch  where error.code == ENOENT {
        folder = try folder.make(name, owner: owner)
      }
    }
    return folder
  }

  @discardableResult
  package func make(_ name: String, owner: Identity?) throws(SystemError) -> Folder {
    try systemCall("mkdir", name) { mkdirat(descriptor.raw, name, 0o755) }
    let folder = try enter(name)
    if let owner { try systemCall("chown", name) { fchown(folder.descriptor.raw, owner.uid, owner.gid) } }
    return folder
  }

  /// A regular file in here, also by a link that leads to one below this folder.
  package func read(_ name: String, limit: Int) throws(SystemError) -> [UInt8] {
    let raw = try systemCall("open", name) { clinux_open_beneath(descriptor.raw, name) }
    let file = FileDescriptor(owning: raw)
    var status = stat()
    try systemCall("stat", name) { fstat(raw, &status) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw SystemError(code: EINVAL, operation: "read", subject: name)
    }
    return try file.readAll(limit: limit, subject: name)
  }

  /// A name for something that is about to be renamed. What a killed manager left there is removed; where the app's
  /// user has put something that cannot be, it is a name that nobody can have foreseen.
  private func vacant(_ name: String) -> String {
    if unlinkat(descriptor.raw, name, 0) == 0 || errno == ENOENT { return name }
    if unlinkat(descriptor.raw, name, AT_REMOVEDIR) == 0 { return name }
    return "\(name)-\(String(UInt64.random(in: .min ... .max), radix: 36))"
  }

  /// Replaces what is at `name`, a link too, in one step. Without fsync.
  package func write(_ name: String, _ text: String, owner: Identity?) throws(SystemError) {
    let temporary = vacant(".bascule-new")
    let raw = try systemCall("create", name) {
      openat(descriptor.raw, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
    }
    let file = FileDescriptor(owning: raw)
    do throws(SystemError) {
      try file.writeAll(Array(text.utf8), subject: name)
      try systemCall("chmod", name) { fchmod(raw, 0o644) }
      if let owner { try systemCall("chown", name) { fchown(raw, owner.uid, owner.gid) } }
      try rename(temporary, to: name)
    } catch {
      unlinkat(descriptor.raw, temporary, 0)
      throw error
    }
  }

  /// A folder that was at `name` is moved aside: returned is where to.
  package func replaceByLink(_ name: String, to target: String, movingAsideTo trash: String)
    throws(SystemError) -> String?
  {
    let temporary = vacant(".bascule-link")
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

  /// What is at `name` goes to the path `trash`, or stays beside it when that is on another volume: returned is
  /// its path there, or its name here.
  @discardableResult
  package func moveAside(_ name: String, to trash: String) throws(SystemError) -> String {
    do throws(SystemError) {
      try systemCall("rename", name) { renameat(descriptor.raw, name, AT_FDCWD, trash) }
      return trash
    } catch  where error.code == EXDEV {
      let aside = ".bascule-replaced-" + String(UInt64.random(in: .min ... .max), radix: 36)
      try rename(name, to: aside)
      return aside
    }
  }

  private func enter(_ name: String) throws(SystemError) -> Folder {
    let raw = try systemCall("open", name) {
      openat(descriptor.raw, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    }
    return Folder(descriptor: FileDescriptor(owning: raw))
  }

  private func rename(_ from: String, to name: String) throws(SystemError) {
    try systemCall("rename", name) { renameat(descriptor.raw, from, descriptor.raw, name) }
  }
}
