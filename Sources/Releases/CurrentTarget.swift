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
}
