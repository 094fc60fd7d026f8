import Foundation
import Synchronization

/// A real sshd on loopback that lets one key in.
final class SSHServer: Sendable {
  let port: Int
  /// A line for known_hosts.
  let knownHost: String
  private let folder: String
  private let program: String
  private let process = Mutex<Child?>(nil)
  private let workspace: Workspace

  init(in workspace: Workspace, named name: String = "sshd") async throws {
    try Toolbox.requireRoot(for: "sshd")
    program = try Toolbox.find("sshd", package: "openssh-server")
    self.workspace = workspace
    port = try freePort()
    folder = workspace.path + "/" + name
    try workspace.makeFolder(name)
    try FileManager.default.createDirectory(atPath: "/run/sshd", withIntermediateDirectories: true)
    try await workspace.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder + "/host"])
    let host = try String(contentsOfFile: folder + "/host.pub", encoding: .utf8)
    knownHost = "[127.0.0.1]:\(port) \(host.split(separator: " ").prefix(2).joined(separator: " "))"
    let configuration = """
      Port \(port)
      ListenAddress 127.0.0.1
      HostKey \(folder)/host
      AuthorizedKeysFile \(folder)/authorized
      PidFile none
      StrictModes no
      UsePAM no
      PasswordAuthentication no
      KbdInteractiveAuthentication no
      PermitRootLogin prohibit-password
      """
    try workspace.write(configuration, to: name + "/config")
    try workspace.write("", to: name + "/authorized")
    try await start()
  }

  func start() async throws {
    let child = try Child.start([program, "-D", "-e", "-f", folder + "/config"], in: workspace)
    process.withLock { $0 = child }
    try await eventually("sshd listens\n\(child.errors)") { (try? Connection(port: port)) != nil }
  }

  /// Its port is free afterwards.
  func stop() async throws {
    guard let child = process.withLock({ $0 }) else { return }
    try await child.signal(SIGKILL)
    _ = try await child.ended()
  }

  func address(of repository: Repository) -> String { "ssh://root@127.0.0.1:\(port)\(repository.path)" }

  /// A new private key; the server lets it in unless told not to.
  func key(_ kind: String, authorized: Bool = true) async throws -> String {
    let file = workspace.fresh("files")
    try await workspace.run(["ssh-keygen", "-q", "-N", "", "-f", file, "-t", kind])
    if authorized { try admit(file) }
    return try String(contentsOfFile: file, encoding: .utf8)
  }

  func admit(_ keyFile: String) throws {
    let list = URL(filePath: folder + "/authorized")
    let added = try Data(contentsOf: URL(filePath: keyFile + ".pub"))
    try (Data(contentsOf: list) + added).write(to: list)
  }
}
