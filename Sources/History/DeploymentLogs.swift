import Glibc
import Linux

/// The folder of the recorded streams: `ID.log` while a deployment waits or runs, `ID.log.gz` afterwards.
@MainLoop
package final class DeploymentLogs {
  package let folder: String
  private var open: [Int64: DeploymentLog] = [:]
  private var files: [Int64: WeakFile] = [:]
  private var prunedAt: Timestamp?
  /// Changes of the folder, one after the other.
  private var work: Task<Void, Never>?

  private struct WeakFile { weak var file: LogFile? }

  package init(folder: String) { self.folder = folder }

  /// That of a deployment that waits or runs: made when it is queued, so that whoever follows it need not wait for
  /// it to start.
  package func log(of id: Int64) -> DeploymentLog {
    if let known = open[id] { return known }
    let log = DeploymentLog(path: path(id))
    open[id] = log
    return log
  }

  /// nil for one that has ended.
  package func live(_ id: Int64) -> DeploymentLog? { open[id] }

  /// It is compressed afterwards.
  package func finish(_ id: Int64) {
    guard let log = open.removeValue(forKey: id) else { return }
    log.finish()
    if !log.isUntouched, log.size >= LogPacking.least { afterwards { await self.pack(id) } }
  }

  package func reader(of id: Int64) -> LogReader {
    LogReader(live: open[id]) { self.file(id) }
  }

  /// What a manager before this one left: what it was killed over is tidied up, and what it had no time to compress
  /// is compressed. Call it when the logs of those that still wait are open.
  /// Nobody else reads them from then on.
  package func settle() {
    let folder = folder
    try? Files.changeMode(folder, 0o700)
    afterwards {
      let names = await Blocking.disk.run { (try? Files.list(folder)) ?? [] }
      let present = Set(names)
      var open: [Int64] = []
      // Piece by piece: others wait for the disk too.
      for start in stride(from: 0, to: names.count, by: Self.pieceSize) {
        let piece = names[start..<min(start + Self.pieceSize, names.count)]
        open += await Blocking.disk.run { Self.tidy(piece, of: present, in: folder) }
      }
      for id in open where self.open[id] == nil { await self.pack(id) }
    }
  }

  private static let pieceSize = 500

  /// Returns those that are to be compressed: most are so small that to open each would be most of a start.
  private nonisolated static func tidy(
    _ names: ArraySlice<String>, of present: Set<String>, in folder: String
  )
    -> [Int64]
  {
    names.compactMap { name in
      let path = "\(folder)/\(name)"
      if name.hasSuffix(".tmp") || name.hasSuffix(".log") && present.contains(name + ".gz") {
        _ = unlink(path)
        return nil
      }
      var status = stat()
      guard let id = number(name), lstat(path, &status) == 0 else { return nil }
      if status.st_mode & 0o777 != 0o600 { try? Files.changeMode(path, 0o600) }
      return name.hasSuffix(".log") && Int64(status.st_size) >= LogPacking.least ? id : nil
    }
  }

  /// Removes the logs of deployments that are over: all but the newest `keep`, and those of more than `days` ago.
  package func prune(keep: Int = .max, days: Int) async {
    let folder = folder
    let limit = Timestamp.now.milliseconds - Int64(clamping: days) * 86_400_000
    let old = await Blocking.disk.run { Self.outdated(folder, keep: keep, before: limit) }
    await remove(old)
  }

  /// The same, once a day: it looks at every log there is.
  package func pruneDaily(days: Int, at now: Timestamp = .now) async {
    // Unless somebody has set the clock back.
    if let before = prunedAt, (0..<86_400_000).contains(now.milliseconds - before.milliseconds) { return }
    prunedAt = now
    await prune(days: days)
  }

  /// Those of a project that is gone, say.
  package func remove(_ ids: [Int64]) async {
    let paths = ids.filter { open[$0] == nil }.map(path)
    guard !paths.isEmpty else { return }
    afterwards {
      await Blocking.disk.run {
        for path in paths { for end in ["", ".gz"] { _ = unlink(path + end) } }
      }
    }
    await settled()
  }

  /// Those of deployments that were forgotten in the moment in which the manager was killed. What is older than all
  /// that is on record stays: it may belong to a history that was set aside.
  package func removeStrays(kept: Set<Int64>, upTo highest: Int64) async {
    guard let first = kept.min() else { return }
    let folder = folder
    let names = await Blocking.disk.run { (try? Files.list(folder)) ?? [] }
    let strays = Set(names.compactMap(Self.number)).subtracting(kept)
    await remove(strays.filter { $0 > first && $0 <= highest })
  }

  /// Returns when everything that was to be compressed or removed is.
  package func settled() async { await work?.value }

  /// The highest number of a log in the folder: no new deployment may have it.
  package nonisolated static func highest(in folder: String) -> Int64 {
    ((try? Files.list(folder)) ?? []).compactMap(number).max() ?? 0
  }

  private func afterwards(_ body: @escaping @MainLoop () async -> Void) {
    let before = work
    work = Task { @MainLoop in
      await before?.value
      await body()
    }
  }

  private func pack(_ id: Int64) async {
    let path = path(id)
    // What fails leaves the log as it was, to be tried again at the next start.
    guard var packing = await Blocking.disk.run({ (try? LogPacking(path)) ?? nil }) else { return }
    while true {
      let state = packing
      let next = await Blocking.disk.run { () -> LogPacking? in
        var state = state
        return (try? state.go()) == true ? state : nil
      }
      guard let next else { return }
      packing = next
    }
  }

  private func file(_ id: Int64) -> LogFile? {
    if let known = files[id]?.file { return known }
    files = files.filter { $0.value.file != nil }
    let file = LogFile(log: path(id))
    files[id] = WeakFile(file: file)
    return file
  }

  private func path(_ id: Int64) -> String { "\(folder)/\(id).log" }

  private nonisolated static func number(_ name: String) -> Int64? {
    let stem = name.hasSuffix(".log") ? name.dropLast(4) : name.hasSuffix(".log.gz") ? name.dropLast(7) : ""
    return Int64(stem).flatMap { String($0) == stem ? $0 : nil }
  }

  private nonisolated static func outdated(_ folder: String, keep: Int, before limit: Int64) -> [Int64] {
    let names = (try? Files.list(folder)) ?? []
    let numbers = Set(names.compactMap(number)).sorted(by: >)
    let aged = names.filter { name in
      var status = stat()
      return stat("\(folder)/\(name)", &status) == 0
        && Int64(status.st_mtim.tv_sec) < limit / 1000
    }
    return Array(Set(numbers.dropFirst(max(0, keep))).union(aged.compactMap(number)))
  }
}
