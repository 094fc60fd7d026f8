/// The rules of `git check-ref-format --branch`.
enum BranchName {
  static let allowed = "a branch name such as main or release/2"

  static func parse(_ text: String) throws(Refusal) -> String {
    let prefix = "refs/heads/"
    let name = text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text
    guard !name.hasPrefix("-") else { throw Refusal("which git would take for an option") }
    guard isValid(name) else { throw Refusal("which git does not take for one") }
    return name
  }

  private static func isValid(_ name: String) -> Bool {
    let components = name.split(separator: "/", omittingEmptySubsequences: false)
    return name != "@" && name != "HEAD" && !name.hasSuffix(".")
      && !name.contains("..") && !name.contains("@{")
      && !name.utf8.contains { $0 <= 0x20 || $0 == 0x7f || "~^:?*[\\".utf8.contains($0) }
      && components.allSatisfy { !$0.isEmpty && !$0.hasPrefix(".") && !$0.hasSuffix(".lock") }
  }
}
