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
      try await eventually("as many restarts as RELOADs consumed") {
        let consumed = watch.count()
        let starts = manager.file("starts")?.split(separator: "\n").count
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

  init(of folder: String) throws {
    descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
    guard inotify_add_watch(descriptor, folder, UInt32(IN_DELETE) | UInt32(IN_MOVED_FROM)) >= 0 else {
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
        let length = buffer[(offset + 12)..<(offset + 16)].reversed().reduce(0) { $0 << 8 | Int($1) }
        let name = buffer[(offset + 16)..<(offset + 16 + length)].prefix { $0 != 0 }
        if String(decoding: name, as: UTF8.self) == "RELOAD" { total += 1 }
        offset += 16 + length
      }
    }
  }
}
