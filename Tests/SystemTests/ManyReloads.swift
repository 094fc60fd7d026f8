import Foundation
import Testing

/// RELOADs at random pace: BASCULE_RELOADS of them.
@Suite(.fewAtATime)
struct ManyReloads {
  @Test func `every RELOAD that is consumed is one restart, and the last one is never lost`() async throws {
    let count = Toolbox.limit("BASCULE_RELOADS", otherwise: 200)
    try await withLiveApp(start: "echo start >> ../../starts; exec bun index.ts") { manager, _ in
      let pid = try await manager.pid()
      let watch = try Consumption(of: manager.root + "/releases")
      try await reload(manager, times: 20)
      let descriptors = Procfs.openDescriptors(pid)
      let memory = try #require(Procfs.status(pid, "RssAnon"))

      try await reload(manager, times: count)
      let line = try await lastAnswered(manager)

      #expect(line["result"].string == "reloaded")
      var (consumed, starts) = (0, 0)
      try await eventually(
        "\(consumed) RELOADs consumed made as many restarts, not \(starts - 1)", within: .seconds(20)
      ) {
        consumed = watch.count()
        starts = manager.file("starts")?.split(separator: "\n").count ?? 0
        return starts == consumed + 1
      }
      #expect(watch.count() >= 2)
      try await eventually("descriptors are as few as before") {
        Procfs.openDescriptors(pid) <= descriptors + 1
      }
      let now = try #require(Procfs.status(pid, "RssAnon"))
      #expect(now < memory + 3000, "anonymous memory went from \(memory) to \(now) kB")
      try await manager.untilServes("1")
    }
  }

  private func reload(_ manager: Manager, times: Int) async throws {
    for _ in 0..<times {
      try manager.touchReload()
      try await Task.sleep(for: .milliseconds(Int.random(in: 0...60)))
    }
  }

  /// One more, made when all is quiet, after which the app must have started anew.
  private func lastAnswered(_ manager: Manager) async throws -> JSON {
    try await manager.whileRunning("all is consumed") { manager.isReloadConsumed }
    let before = manager.file("starts")
    try manager.touchReload()
    try await manager.whileRunning("the app has started anew") { manager.file("starts") != before }
    try await manager.untilServes("1")
    return try await manager.reloadResult()
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
