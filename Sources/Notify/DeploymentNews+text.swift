import Linux

/// The same in words, for people. Plain text: each channel escapes it as it must.
extension DeploymentNews {
  var headline: String {
    let took = durationMilliseconds.map { " in " + describe(Duration.milliseconds($0)) } ?? ""
    switch kind {
    case .success:
      return release.map { "\(project): release \($0) is live, deployed\(took)" }
        ?? "\(project): deployment #\(id) succeeded\(took)"
    case .failure:
      return
        "\(project): deployment #\(id) of \(ref) \(state == "interrupted" ? "was interrupted" : "failed")"
    case .rollback where state == "rolled_back": return "\(project): deployment #\(id) was rolled back"
    case .rollback:
      return "\(project): \(actor) rolled back to \(release.map { "release \($0)" } ?? ref)"
    case .started: return "\(project): deployment #\(id) of \(ref) has started"
    case .ended: return "\(project): deployment #\(id) of \(ref) was \(state)"
    case .restored:
      return "\(project): \(release.map { "release \($0)" } ?? ref) serves again"
    }
  }

  var details: [String] {
    var lines: [String] = []
    if let error, !error.isEmpty { lines.append(error) }
    let what = [commit.map { String($0.prefix(7)) }, message?.subject.clipped(to: 200)]
      .compactMap { $0 }.filter { !$0.isEmpty }
    if !what.isEmpty { lines.append(what.joined(separator: " ") + (author.map { " (\($0))" } ?? "")) }
    lines.append("Asked for by \(actor) (\(trigger))")
    return lines.map(\.oneLine)
  }
}
