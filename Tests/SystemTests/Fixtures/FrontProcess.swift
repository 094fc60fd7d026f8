import Glibc

/// A running `bascule front`.
struct FrontProcess: Sendable {
  let port: Int
  let process: Child

  static func start(
    in workspace: Workspace, upstream: String, _ options: [String] = [], onAllAddresses: Bool = false,
    descriptors: Int? = nil
  ) async throws -> FrontProcess {
    let port = try freePort()
    let process = try Child.start(
      (descriptors.map { ["prlimit", "--nofile=\($0)"] } ?? []) + [
        try Toolbox.bascule, "front", "--listen", onAllAddresses ? "\(port)" : "127.0.0.1:\(port)",
        "--upstream", upstream,
      ] + options, in: workspace)
    try await eventually("the front listens\n\(process.errors)", every: .milliseconds(2)) {
      if let code = process.exitCode {
        throw Failure("The front ended with \(code): \(process.output)\(process.errors)")
      }
      return process.output.hasPrefix("listening on \(port)\n")
    }
    return FrontProcess(port: port, process: process)
  }

  func client(receiveBuffer: Int32? = nil) throws -> ByteStream {
    try rawClient(port: port, receiveBuffer: receiveBuffer)
  }

  func descriptors() async throws -> Int { Procfs.openDescriptors(try await process.pid()) }

  /// In kB.
  func memory(atMost: Bool = false) async throws -> Int {
    guard let size = Procfs.status(try await process.pid(), atMost ? "VmHWM" : "VmRSS") else {
      throw Failure("the front is gone")
    }
    return size
  }

  /// As an operator ends it; its exit code.
  func stop() async throws -> Int32 {
    try await process.signal(SIGTERM)
    return try await process.ended()
  }
}

/// A front before a scripted app. That it still runs afterwards is part of every test.
func withFront(
  _ options: [String] = [], unix: Bool = false, app script: @escaping ScriptedUpstream.Script,
  _ body: (FrontProcess, ScriptedUpstream) async throws -> Void
) async throws {
  try await Workspace.with { workspace in
    let upstream = try ScriptedUpstream(unix: unix ? workspace.path + "/app.sock" : nil, script)
    defer { upstream.stop() }
    let front = try await FrontProcess.start(in: workspace, upstream: upstream.address, options)
    do { try await body(front, upstream) } catch {
      throw Failure("\(error)\n\(front.process.errors.suffix(4000))")
    }
    if let code = front.process.exitCode, code != 0 {
      throw Failure("The front ended with \(code) meanwhile: \(front.process.errors.suffix(4000))")
    }
  }
}
