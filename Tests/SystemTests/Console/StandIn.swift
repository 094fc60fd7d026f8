import Foundation

/// A checkout on a machine whose docker and podman are stand-ins: Tests/Support/console/engine.
struct StandIn: Sendable {
  let checkout: Checkout

  static func with(_ body: (StandIn) async throws -> Void) async throws {
    try await Checkout.with { checkout in
      for engine in ["docker", "podman"] {
        try FileManager.default.createSymbolicLink(
          atPath: "\(checkout.programs)/\(engine)", withDestinationPath: Toolbox.support + "/console/engine")
      }
      try await body(StandIn(checkout: checkout))
    }
  }

  /// `docker.silent`: it does not answer. `docker.helpless`: it cannot build.
  func set(_ name: String, _ text: String = "") throws {
    try checkout.write(text, to: ".programs/\(name)")
  }

  func start(with settings: [String: String] = [:]) async throws -> Finished {
    try await checkout.console("start", with: settings)
  }

  func text(_ name: String) -> String { checkout.text(".programs/\(name)") }

  var calls: [String] { text("calls").split(separator: "\n").map(String.init) }

  /// How the container was asked for.
  var arguments: [String] { text("arguments").split(separator: "\0").map(String.init) }

  /// What the container gets: of the names it was given, the values that its engine was run with.
  var settings: [String: String] {
    let values = text("environment").split(separator: "\0").map { $0.split(separator: "=", maxSplits: 1) }
    let environment = Dictionary(
      values.map { (String($0[0]), $0.count > 1 ? String($0[1]) : "") }, uniquingKeysWith: { $1 })
    let names = zip(arguments, arguments.dropFirst()).filter { $0.0 == "--env" }.map(\.1)
    return environment.filter { names.contains($0.key) }
  }

  var mounts: [String] {
    zip(arguments, arguments.dropFirst()).filter { $0.0 == "--mount" }.map(\.1)
  }
}
