/// What the link `current` names.
package enum CurrentTarget: Sendable, Equatable {
  case release(Int)
  case absent
  /// A link, with its text, to something that is not there.
  case dangling(String)
  /// A link, with its text, or a file, that is there but is no release.
  case elsewhere(String)
  case directory

  package var number: Int? {
    if case .release(let number) = self { number } else { nil }
  }

  /// Why it asks for nothing that can be started.
  package var problem: String? {
    switch self {
    case .release: nil
    case .absent: "current is not there"
    case .dangling(let text): "current names \(text), which is not there"
    case .elsewhere(let text): "current names \(text), which is not a release"
    case .directory: "current is a real folder, where a link must be"
    }
  }
}
