import Foundation
import Testing

/// Podman and the image that Tests/Support/images has built.
enum Engine {
  static var image: String { get throws { try variable("BASCULE_IMAGE") } }

  /// The same with another version label.
  static var nextImage: String { get throws { try image + "-next" } }

  static var environment: [String: String] {
    get throws { ["CONTAINERS_CONF": try variable("CONTAINERS_CONF")] }
  }

  @discardableResult
  static func podman(_ arguments: [String], in workspace: Workspace) async throws -> String {
    try await workspace.run(["podman"] + arguments, environment: environment)
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  static func inspect(_ image: String, _ format: String, in workspace: Workspace) async throws -> String {
    try await podman(["image", "inspect", "--format", format, image], in: workspace)
  }

  private static func variable(_ name: String) throws -> String {
    guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else {
      throw Failure(
        "\(name) is not set: run the tests with ./console test, which builds the image. Where no container can run: "
          + "BASCULE_WITHOUT=containers ./console test")
    }
    return value
  }

  /// Words in BASCULE_WITHOUT, with commas between them.
  static var isLeftOut: Bool {
    let words = ProcessInfo.processInfo.environment["BASCULE_WITHOUT"] ?? ""
    return words.split(separator: ",").contains("containers")
  }
}

extension Trait where Self == ConditionTrait {
  static var inContainers: Self {
    .disabled(if: Engine.isLeftOut, "BASCULE_WITHOUT=containers is set: nothing is known of the image")
  }
}
