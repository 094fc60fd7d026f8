/// A line for the shell. What a person wrote is run as it stands; a default may be left out where it does
/// not fit the release, as `bun run build` without a build script.
package struct ShellCommand: Sendable, Equatable {
  package let text: String
  package let isDefault: Bool

  static let install = ShellCommand(text: "bun install", isDefault: true)
  static let build = ShellCommand(text: "bun run build", isDefault: true)
  static let start = ShellCommand(text: "bun start", isDefault: true)

  package init(text: String, isDefault: Bool) {
    self.text = text
    self.isDefault = isDefault
  }
}
