import Glibc
import Linux
import SQLite
import TestSupport
import Testing

@testable import History

@Suite(.timeLimit(.minutes(5))) struct PayloadTests {
  private let folder: TemporaryFolder
  private var path: String { folder.path("deliveries") }

  init() throws {
    MainLoopThread.start()
    folder = try TemporaryFolder()
  }

  @MainLoop @Test func `what was appended is read, also by the next manager, whose own follow it`() throws {
    let first = PayloadSegments(folder: path)
    let a = try #require(first.append([1, 2, 3]))
    let none = try #require(first.append([]))
    let second = PayloadSegments(folder: path)
    let b = try #require(second.append([4]))
    for segments in [first, second, PayloadSegments(folder: path)] {
      #expect(segments.read(a) == [1, 2, 3])
      #expect(segments.read(none) == [])
      #expect(segments.read(b) == [4])
    }
    #expect(b == PayloadSegments.Place(segment: 1, offset: 3, size: 1))
  }

  @MainLoop @Test func `a full segment is followed by a new one, and of the old ones one is kept`()
    async throws
  {
    let segments = PayloadSegments(folder: path, length: 10)
    let places = (1...9).compactMap { segments.append([UInt8](repeating: $0, count: 4)) }
    #expect(places.map(\.segment) == [1, 1, 2, 2, 3, 3, 4, 4, 5])
    try await MainLoop.until { try Files.list(path).count <= 2 }
    #expect(try Files.list(path) == ["4.payloads", "5.payloads"])
    #expect(places.map { segments.read($0)?.first } == [nil, nil, nil, nil, nil, nil, 7, 8, 9])
  }

  @MainLoop @Test func `what is larger than a segment has one of its own`() throws {
    let segments = PayloadSegments(folder: path, length: 10)
    let places = [20, 1, 20].compactMap { segments.append([UInt8](repeating: 1, count: $0)) }
    #expect(places.map(\.segment) == [1, 2, 3])
    #expect(places.map { segments.read($0)?.count } == [20, 1, 20])
  }

  @MainLoop @Test func `a place that is none gives nothing`() throws {
    let segments = PayloadSegments(folder: path)
    _ = segments.append([1, 2, 3])
    for (segment, offset, size) in [
      (1, 1, 3), (1, -1, 1), (1, 0, -1), (1, .max, 1), (1, 0, .max), (2, 0, 1), (-1, 0, 1),
    ] as [(Int64, Int64, Int64)] {
      #expect(segments.read(PayloadSegments.Place(segment: segment, offset: offset, size: size)) == nil)
    }
  }

  @MainLoop @Test func `only their owner reads them`() throws {
    _ = PayloadSegments(folder: path).append([1])
    #expect(try Files.mode(path) == 0o700)
    #expect(try Files.mode(path + "/1.payloads") == 0o600)
  }

  @MainLoop @Test func `where a payload cannot be kept the delivery is`() throws {
    try folder.write("deliveries", "no folder")
    let (history, _) = try History.open(folder.path("history.db"))
    var delivery = Delivery(guid: "a", provider: "github", event: "push", verdict: "ignored")
    delivery.payload = [1]
    #expect(try history.insert(delivery).payload == nil)
    #expect(try history.delivery("a")?.verdict == "ignored")
    #expect(try history.delivery("a")?.payload == nil)
  }

  @MainLoop @Test func `a payload whose segment is gone is missing, and its delivery is not`() throws {
    let (history, _) = try History.open(folder.path("history.db"))
    var delivery = Delivery(guid: "a", provider: "github", event: "push", verdict: "ignored")
    delivery.payload = [1]
    _ = try history.insert(delivery)
    history.close()
    try Files.remove(path + "/1.payloads")
    let (reopened, _) = try History.open(folder.path("history.db"))
    #expect(try reopened.delivery("a")?.verdict == "ignored")
    #expect(try reopened.delivery("a")?.payload == nil)
  }
}
