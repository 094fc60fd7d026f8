import Glibc
import Linux
import TestSupport
import Testing

@testable import History

@Suite(.timeLimit(.minutes(5))) struct DeploymentLogsTests {
  private let folder: TemporaryFolder

  init() throws {
    MainLoopThread.start()
    folder = try TemporaryFolder()
  }

  private func line(_ number: Int) -> String { #"{"type":"log","message":"line \#(number) of many"}"# }

  @MainLoop private func fill(_ log: DeploymentLog, _ count: Int = 20_000) -> [UInt8] {
    var text: [UInt8] = []
    for number in 0..<count {
      log.append(line(number), essential: false)
      text += Array((line(number) + "\n").utf8)
    }
    return text
  }

  /// In pieces, as those who follow read.
  @MainLoop private func all(of reader: LogReader, from start: Int64 = 0) -> [UInt8] {
    var bytes: [UInt8] = []
    while true {
      let piece = reader.lines(from: start + Int64(bytes.count))
      if piece.isEmpty { return bytes }
      bytes += piece
    }
  }

  private func unpacked(_ name: String) throws -> [UInt8] {
    #expect(system("zcat '\(folder.path(name))' >'\(folder.path("text"))'") == 0)
    defer { unlink(folder.path("text")) }
    return try Files.read(folder.path("text"))
  }

  @MainLoop @Test func `only their owner reads them, also those that a manager before this one left`()
    async throws
  {
    let path = folder.path("logs")
    try folder.write("logs/1.log", String(repeating: line(1) + "\n", count: 1000))
    try folder.write("logs/2.log", line(1) + "\n")
    try folder.write("logs/3.log.gz", "")
    let logs = DeploymentLogs(folder: path)
    logs.log(of: 2).append(line(2), essential: true)
    logs.settle()
    _ = fill(logs.log(of: 4), 1000)
    _ = fill(logs.log(of: 5), 1000)
    logs.finish(5)
    // Until then 4 has no file.
    await MainLoop.endOfTurn()
    await logs.settled()
    let names = try Files.list(path)
    #expect(names == ["1.log.gz", "2.log", "3.log.gz", "4.log", "5.log.gz"])
    for name in names { #expect(try Files.mode("\(path)/\(name)") == 0o600) }
    #expect(try Files.mode(path) == 0o700)
  }

  @MainLoop @Test func `a log that has ended is packed, reads as before from any place, and zcat reads it`()
    async throws
  {
    let logs = DeploymentLogs(folder: folder.path)
    let text = fill(logs.log(of: 7))
    let during = logs.reader(of: 7)
    _ = during.lines(from: 0)
    logs.finish(7)
    let between = logs.reader(of: 7)
    _ = between.lines(from: 0)
    await logs.settled()
    #expect(folder.names == ["7.log.gz"])
    #expect(try isSame(unpacked("7.log.gz"), text))
    #expect(try Files.read(folder.path("7.log.gz")).count < text.count / 5)

    for reader in [during, between, logs.reader(of: 7)] {
      #expect(reader.size == Int64(text.count))
      #expect(isSame(all(of: reader), text))
      #expect(reader.isFinished)
      #expect(reader.lines(from: Int64(text.count)).isEmpty)
      #expect(reader.lines(from: .max).isEmpty)
      #expect(reader.lines(from: -1).isEmpty)
      let starts = text.indices.filter { $0 > 0 && text[$0 - 1] == 0x0a }
      for _ in 0..<50 {
        let start = Int64(starts.randomElement() ?? 0)
        #expect(reader.isStart(start))
        #expect(!reader.isStart(start + 1))
        #expect(reader.lines(from: start, limit: 100).starts(with: Array(#"{"type":"log""#.utf8)))
      }
      #expect(isSame(all(of: reader, from: Int64(starts[1500])), text[starts[1500]...]))
      for offset in [Int64.min, -1, 1, Int64(text.count) + 1, .max] { #expect(!reader.isStart(offset)) }
      #expect(reader.isStart(0))
      #expect(reader.isStart(Int64(text.count)))
    }
  }

  @MainLoop @Test func `a small log stays as it is`() async throws {
    let logs = DeploymentLogs(folder: folder.path)
    logs.log(of: 1).append("one", essential: true)
    logs.finish(1)
    _ = logs.log(of: 2)
    logs.finish(2)
    await logs.settled()
    #expect(folder.names == ["1.log"])
    #expect(all(of: logs.reader(of: 1)) == Array("one\n".utf8))
    #expect(logs.reader(of: 2).lines(from: 0).isEmpty)
    #expect(logs.reader(of: 3).size == 0)
  }

  @MainLoop @Test func `whoever follows gets all of it once, from memory and from the file`() async throws {
    let logs = DeploymentLogs(folder: folder.path)
    let log = logs.log(of: 1)
    let (near, far) = (logs.reader(of: 1), logs.reader(of: 1))
    var seen: [UInt8] = []
    _ = log.follow { seen += all(of: near, from: Int64(seen.count)) }
    var text: [UInt8] = []
    for _ in 0..<10 {
      text += fill(log, 3000)
      await MainLoop.sleep(for: .milliseconds(2))
      await MainLoop.endOfTurn()
    }
    #expect(isSame(all(of: far), text))
    logs.finish(1)
    #expect(isSame(seen, text))
    #expect(near.isFinished)
    await logs.settled()
    #expect(isSame(all(of: far), text))
  }

  @MainLoop @Test func `what a killed manager left is tidied, and half an event is never shown`() async throws
  {
    let text = (0..<1000).map { line($0) + "\n" }.joined()
    try folder.write("1.log", text + #"{"type":"lo"#)
    try folder.write("2.log", "short\nhal")
    try folder.write("3.log", text)
    let early = DeploymentLogs(folder: folder.path)
    early.settle()
    await early.settled()
    #expect(folder.names == ["1.log.gz", "2.log", "3.log.gz"])

    // Between the steps of the packing.
    try folder.write("3.log", text)
    try folder.write("4.log.gz.tmp", "half")
    try folder.write("4.log", text)
    try folder.write("5.log", text)
    try folder.write("x.log", text)
    let logs = DeploymentLogs(folder: folder.path)
    _ = logs.log(of: 5)
    logs.settle()
    await logs.settled()
    #expect(folder.names == ["1.log.gz", "2.log", "3.log.gz", "4.log.gz", "5.log", "x.log"])
    for id in [1, 3, 4, 5] as [Int64] { #expect(isSame(all(of: logs.reader(of: id)), text.utf8)) }
    #expect(all(of: logs.reader(of: 2)) == Array("short\n".utf8))
    #expect(logs.reader(of: 2).size == 6)
  }

  @MainLoop @Test func `a damaged archive ends where the damage is`() async throws {
    let logs = DeploymentLogs(folder: folder.path)
    let text = fill(logs.log(of: 1))
    logs.finish(1)
    await logs.settled()
    let whole = try Files.read(folder.path("1.log.gz"))
    for cut in [0, 1, 17, 18, 100, whole.count / 2, whole.count - 29] {
      try Files.writeAtomically(folder.path("1.log.gz"), Array(whole[..<cut]))
      let read = all(of: DeploymentLogs(folder: folder.path).reader(of: 1))
      #expect(read.count < text.count || cut > whole.count - 30)
      #expect(text.starts(with: read))
    }
    var damaged = whole
    for index in damaged.indices.dropFirst(whole.count / 2).prefix(200) { damaged[index] ^= 0xff }
    try Files.writeAtomically(folder.path("1.log.gz"), damaged)
    let read = all(of: DeploymentLogs(folder: folder.path).reader(of: 1))
    #expect(!read.isEmpty && text.starts(with: read))
  }

  @MainLoop @Test func `only the newest logs are kept, those in use too, and what is no log is left alone`()
    async throws
  {
    for name in ["1.log", "9.log.gz", "10.log", "100.log.gz", "2.txt", "x.log", "007.log", "3.log"] {
      try folder.write(name, "x\n")
    }
    let logs = DeploymentLogs(folder: folder.path)
    _ = logs.log(of: 3)
    await logs.prune(keep: 2, days: 90)
    #expect(folder.names == ["007.log", "10.log", "100.log.gz", "2.txt", "3.log", "x.log"])
    #expect(DeploymentLogs.highest(in: folder.path) == 100)
    await logs.remove([100, 3, 77])
    #expect(folder.names == ["007.log", "10.log", "2.txt", "3.log", "x.log"])
    await DeploymentLogs(folder: folder.path("nowhere")).prune(keep: 1, days: 1)
  }

  @MainLoop @Test func `a log that is too old goes, and packing makes none younger`() async throws {
    let text = (0..<1000).map { line($0) + "\n" }.joined()
    for (id, days) in [(1, 91), (2, 89), (3, 0), (4, 91)] {
      let path = try folder.write("\(id).log", text)
      let then = timespec(tv_sec: time(nil) - days * 86400, tv_nsec: 0)
      #expect(utimensat(AT_FDCWD, path, [then, then], 0) == 0)
    }
    let logs = DeploymentLogs(folder: folder.path)
    _ = logs.log(of: 4)
    logs.settle()
    await logs.prune(days: 90)
    #expect(folder.names == ["2.log.gz", "3.log.gz", "4.log"])
  }
}
