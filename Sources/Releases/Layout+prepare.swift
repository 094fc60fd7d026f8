import Glibc
import Linux

extension Layout {
  /// Makes the folders, or says why nothing can be run from here. To be called before anything else.
  package func prepare() throws(ReleaseError) {
    guard Files.kind(current) != .directory else { throw currentIsDirectory }
    for folder in [root, releases, shared] {
      do throws(SystemError) {
        try Files.makeDirectory(folder)
        try Layout.probe(folder)
      } catch {
        throw Layout.explain(error, folder: folder)
      }
    }
    keepToOurselves()
    try attempt("make \(trash)") { () throws(SystemError) in try Files.makeDirectory(trash, mode: 0o700) }
  }

  /// The image leaves APP_ROOT open to whichever user the container is started as. When that is root it is closed:
  /// the app's user must not be able to put a `shared` of its own in place of ours.
  private func keepToOurselves() {
    var status = stat()
    guard geteuid() == 0, stat(root, &status) == 0, status.st_uid == 0, status.st_mode & S_IWOTH != 0 else {
      return
    }
    chmod(root, status.st_mode & 0o775)
  }

  var currentIsDirectory: ReleaseError {
    ReleaseError(
      "\(current) is a real folder, where a link to a release must be. Move it away, then start again.")
  }

  /// Permissions tell too little: a read-only mount, a user namespace or a quota only show when one tries.
  private static func probe(_ folder: String) throws(SystemError) {
    // Under a name that nobody can have taken: the app's user may write in there.
    let path = "\(folder)/\(probeName)-\(String(UInt64.random(in: .min ... .max), radix: 36))"
    do throws(SystemError) {
      _ = try FileDescriptor.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_NONBLOCK)
      try Files.remove(path)
    } catch  where error.isFull {
      // What is there can still be run from a full disk, and removing old releases may make room.
    }
  }

  static let probeName = ".bascule-probe"

  private static func explain(_ error: SystemError, folder: String) -> ReleaseError {
    let sentence: String
    switch error.code {
    case EROFS:
      sentence = "\(folder) is on a read-only file system. Mount the volume writable."
    case EACCES, EPERM:
      sentence =
        "\(folder) may not be written by user \(geteuid()). Give that user the folder, or run as its owner."
    default:
      sentence = "\(folder) cannot be used: \(error.reason)."
    }
    return ReleaseError(sentence, cause: error)
  }
}
