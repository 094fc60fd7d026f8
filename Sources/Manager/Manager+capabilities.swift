import Glibc
import Linux
import Releases
import Settings

extension Manager {
  /// Root without all of its rights fails late and at odd places: at the second start, or when it ends the app.
  static func requireCapabilities(_ settings: Settings) throws(ReleaseError) {
    guard geteuid() == 0, let user = settings.appUser else { return }
    let missing = Capability.missing().map(\.name)
    guard !missing.isEmpty else { return }
    let options = missing.map { "--cap-add \($0)" }.joined(separator: " ")
    throw ReleaseError(
      "this runs as root, and lacks what root needs to run the app as \(user.name): \(missing.joined(separator: ", ")). "
        + "Give it that (docker run \(options)), or start the container as that user (--user \(user.name)), "
        + "which needs none of it.")
  }
}
