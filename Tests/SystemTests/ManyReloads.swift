import Foundation
import Testing

/// RELOADs at random pace: BASCULE_RELOADS of them.
@Suite(.fewAtATime)
struct ManyReloads {
  @Test func `a quiet RELOAD is one restart, many at once are few, and the last one is never lost`()
    async throws
  {
    let count = Toolbox.limit("BASCULE_RELOADS", otherwise: 200)
    try await withLiveApp(start: "echo start >> ../../starts; exec bun index.ts") { manager, _ in
      let pid = try await manager.pid()
      let watch = try Consumption(of: manager.root + "/releases")
      for number in 1...20 { try await reloadAlone(manager, starts: number + 1) }
      #expect(watch.count() == 20)
      let descriptors = Procfs.openDescriptors(pid)
      let memory = try #require(Procfs.status(pid, "RssAnon"))

      var last = Date()
      for _ in 0..<count {
        last = Date()
        try manager.touchReload()
        try await Task.sleep(for: .milliseconds(Int.random(in: 0...60)))
        // Read as they come, or the kernel's queue of events runs over.
        _ = watch.count()
      }
      try await manager.whileRunning("all are consumed, and the last one led to a restart") {
        manager.isReloadConsumed && lastStart(manager) > last.addingTimeInterval(-0.01)
      }
      // One that came while another was acted on may still be due.
      try await Task.sleep(for: .seconds(1))
      let consumed = watch.count()
      let restarts = starts(manager) - 1
      #expect(restarts <= consumed, "each restart has a RELOAD of its own")
      #expect(restarts > 20 + count / 20, "\(consumed) RELOADs made only \(restarts) restarts")
      try await reloadAlone(manager, starts: restarts + 2)

      try await eventually("descriptors are as few as before") {
        Procfs.openDescriptors(pid) <= descriptors + 1
      }
      let now = try #require(Procfs.status(pid, "RssAnon"))
      #expect(now < memory + 3000, "anonymous memory went from \(memory) to \(now) kB")
    }
  }

  /// Made when all is quiet: answered, and exactly one more start.
  private func reloadAlone(_ manager: Manager, starts expected: Int) async throws {
    unlink(manager.root + "/releases/RELOAD.result")
    try manager.touchReload()
    #expect(try await manager.reloadResult()["result"].string == "reloaded")
    #expect(starts(manager) == expected)
    #expect(try await manager.app()["version"].string == "1")
  }

  /// As far as the file system's clock tells: it ticks every few milliseconds.
  private func lastStart(_ manager: Manager) -> Date {
    let attributes = try? FileManager.default.attributesOfItem(atPath: manager.root + "/starts")
    return attributes?[.modificationDate] as? Date ?? .distantPast
  }

  private func starts(_ manager: Manager) -> Int {
    manager.file("starts")?.split(separator: "\n").count ?? 0
  }
}

/// Counts how often RELOAD vanished from a folder.
private final class Consumption {
  private let descriptor: Int32
  private var total = 0
  private static let gone = UInt32(IN_DELETE | IN_MOVED_FROM)

  init(of folder: String) throws {
    descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
    // Arrivals as well: the kernel counts equal events as one when nothing came between them.
    let mask = UInt32(IN_CREATE | IN_MOVED_TO) | Self.gone
    guard inotify_add_watch(descriptor, folder, mask) >= 0 else {
      throw Failure("\(folder) cannot be watched")
    }
  }

  deinit { close(descriptor) }

  func count() -> Int {
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let size = read(descriptor, &buffer, buffer.count)
      guard size > 0 else { return total }
      var offset = 0
      while offset + 16 <= size {
        let length = number(in: buffer, at: offset + 12)
        let name = buffer[(offset + 16)..<(offset + 16 + length)].prefix { $0 != 0 }
        let isGone = UInt32(number(in: buffer, at: offset + 4)) & Self.gone != 0
        if isGone, String(decoding: name, as: UTF8.self) == "RELOAD" { total += 1 }
        offset += 16 + length
      }
    }
  }

  private func number(in bytes: [UInt8], at offset: Int) -> Int {
    bytes[offset..<(offset + 4)].reversed().reduce(0) { $0 << 8 | Int($1) }
  }
}
