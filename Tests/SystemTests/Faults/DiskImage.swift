import Foundation

/// An ext4 file system in a file, to be cut off from its disk as by a power cut: what was not synced is lost.
struct DiskImage: Sendable {
  let path: String
  private let image: String
  private let workspace: Workspace

  init(in workspace: Workspace) async throws {
    try Toolbox.requireRoot(for: "an ext4 file system in a file")
    let mkfs = try Toolbox.find("mkfs.ext4", package: "e2fsprogs")
    self.workspace = workspace
    image = workspace.path + "/disk.img"
    path = workspace.path + "/disk"
    try workspace.makeFolder("disk")
    try await workspace.run(["truncate", "-s", "96M", image])
    try await workspace.run([mkfs, "-q", "-F", image])
    // Namespaces of other tests' managers get a copy of each mount: what is mounted on a shared one goes with it.
    try await workspace.run(["mount", "--bind", path, path])
    try await workspace.run(["mount", "--make-shared", path])
    try await mount()
  }

  /// The last of it.
  func end() async throws {
    try await unmount()
    try await workspace.run(["umount", path])
  }

  /// Nothing reaches the disk by itself within the test.
  func mount() async throws {
    // The kernel may take a moment to let go of it after the namespace of a dead manager.
    try await eventually("\(image) can be mounted", every: .milliseconds(50)) {
      try await workspace.attempt(["mount", "-o", "loop,commit=600,errors=remount-ro", image, path]).code == 0
    }
  }

  func unmount() async throws {
    let name = try await device()
    try await eventually("\(path) can be unmounted", every: .milliseconds(50)) {
      try await workspace.attempt(["umount", path]).code == 0
    }
    // Else the same would be mounted again, and not what is on the disk.
    try await eventually("nobody has \(path) mounted any more", every: .milliseconds(20)) {
      !FileManager.default.fileExists(atPath: "/sys/fs/ext4/\(name)")
    }
  }

  /// From now on nothing is written any more, and the journal ends with what was synced.
  func cutPower() throws -> String {
    let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw Failure("\(path): \(String(cString: strerror(errno)))") }
    defer { close(folder) }
    // EXT4_IOC_SHUTDOWN, without flushing the log.
    var how: UInt32 = 2
    guard ioctl(folder, 0x8004_587d, &how) == 0 else {
      throw Failure("the file system cannot be shut down: \(String(cString: strerror(errno)))")
    }
    guard open(path + "/after", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600) < 0 else {
      throw Failure("it can be written")
    }
    return "open: \(String(cString: strerror(errno)))"
  }

  /// As after an error of the disk.
  func makeReadOnly() async throws {
    let name = try await device()
    try "a fault of the tests\n".write(
      toFile: "/sys/fs/ext4/\(name)/trigger_fs_error", atomically: false, encoding: .utf8)
  }

  /// As /sys calls it.
  private func device() async throws -> String {
    let source = try await workspace.run([
      "losetup", "--associated", image, "--noheadings", "--output", "NAME",
    ])
    return source.trimmingCharacters(in: .whitespacesAndNewlines).split(separator: "/").last.map(String.init)
      ?? ""
  }
}
