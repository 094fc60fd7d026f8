import Foundation
import Testing

/// What is said to survive a power cut is on the disk before it is visible: seen in the manager's system calls.
@Suite(.fewAtATime)
struct FaultSyncs {
  private struct Call {
    let thread: Substring
    let text: Substring

    func isSync(of path: String) -> Bool {
      (text.hasPrefix("fsync(") || text.hasPrefix("fdatasync(")) && text.contains("<\(path)>")
    }
  }

  @Test func `the ledger, current, project.json and made secrets are synced before they are visible`()
    async throws
  {
    try await Workspace.with { workspace in
      let strace = try Toolbox.find("strace", package: "strace")
      let repository = try await Repository(in: workspace)
      let other = try await Repository(in: workspace, named: "other")
      try await repository.commit("1")
      try await other.commit("o")
      let trace = workspace.path + "/trace"
      let calls = "fsync,fdatasync,syncfs,rename,renameat,renameat2,symlink,symlinkat"
      let manager = try await Manager.start(
        in: workspace,
        through: [strace, "--seccomp-bpf", "-f", "-qq", "-y", "-e", "trace=" + calls, "-o", trace],
        ["GIT_REPO": repository.path])
      try await manager.untilServes("1")
      try await manager.untilIdle()
      try await manager.bascule(
        "projects", "add", "valentine", other.path, "--host", "valentine.test", exits: 0)
      try await Sweep.check("what is durable is synced first", repository) {
        try await manager.deploy(repository.commit("2"), serving: "2")
        try await eventually("revisions.log has both") {
          (manager.file("revisions.log") ?? "").split(separator: "\n").count == 2
        }
        let root = manager.root
        let files = [
          "shared/releases.json", "shared/jwt.secret", "shared/admin.password",
          "projects/valentine/project.json",
        ]
        // The ledger is also written after a deployment, and the last of its changes may be half done.
        let all = try await eventually("each change is whole") {
          let calls = try Self.calls(in: String(contentsOfFile: trace, encoding: .utf8))
          let last = Dictionary(calls.map { ($0.thread, $0) }) { $1 }
          let isWhole = !last.values.contains { call in
            (files + ["current"]).contains { isRename(call, to: "\(root)/\($0)") }
          }
          return isWhole ? calls : nil
        }
        var counts: [String] = []
        for file in files { counts.append("\(file) \(try replacements(of: "\(root)/\(file)", in: all))x") }
        counts.append("current \(try switches(of: root, in: all))x")
        guard all.contains(where: { $0.isSync(of: root + "/revisions.log") }) else {
          throw Failure("revisions.log is not synced")
        }
        return Sweep.Aftermath(
          manager: manager, proof: "in \(all.count) calls: " + counts.joined(separator: ", "), serving: ["2"],
          says: [], told: { manager.log }, silence: "nothing to tell: nothing was harmed")
      }
    }
  }

  /// A call during which another thread made one is in two lines; the first has its arguments.
  private static func calls(in trace: String) -> [Call] {
    trace.split(separator: "\n").compactMap { line in
      let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
      guard parts.count == 2 else { return nil }
      let text = parts[1].drop { $0 == " " }
      return text.hasPrefix("<... ") ? nil : Call(thread: parts[0], text: text)
    }
  }

  /// Each time it was replaced: the new one synced before, the folder after, by the same thread.
  private func replacements(of path: String, in calls: [Call]) throws -> Int {
    let folder = (path as NSString).deletingLastPathComponent
    var count = 0
    for index in calls.indices where isRename(calls[index], to: path) {
      let own = calls.indices.filter { calls[$0].thread == calls[index].thread }
      guard let place = own.firstIndex(of: index), place > 0, place + 1 < own.count else {
        throw Failure("\(path): alone")
      }
      guard calls[own[place - 1]].isSync(of: path + ".tmp") else {
        throw Failure("\(path) is visible before it is synced: \(calls[own[place - 1]].text)")
      }
      guard calls[own[place + 1]].isSync(of: folder) else {
        throw Failure("\(path): its folder is not synced: \(calls[own[place + 1]].text)")
      }
      count += 1
    }
    guard count > 0 else { throw Failure("\(path) was never replaced") }
    return count
  }

  /// The whole release is synced and the ledger knows it before the link names it; then the folder.
  private func switches(of root: String, in calls: [Call]) throws -> Int {
    var count = 0
    var lastSync: Int?
    for (index, call) in calls.enumerated() {
      if call.text.contains("syncfs"), call.text.contains(root + "/releases/") { lastSync = index }
      guard isRename(call, to: root + "/current") else { continue }
      guard let sync = lastSync,
        calls[sync..<index].contains(where: { isRename($0, to: root + "/shared/releases.json") })
      else { throw Failure("current is replaced before the release and its ledger are on disk") }
      let next = calls[(index + 1)...].first { $0.thread == call.thread }
      guard next?.isSync(of: root) == true else {
        throw Failure("current: its folder is not synced: \(next?.text ?? "")")
      }
      lastSync = nil
      count += 1
    }
    guard count >= 2 else { throw Failure("current was replaced \(count) times") }
    return count
  }

  private func isRename(_ call: Call, to path: String) -> Bool {
    call.text.hasPrefix("rename") && call.text.contains("\"\(path)\"") && call.text.contains(".tmp\"")
  }
}
