import Glibc
import Testing

@testable import Front

/// The corpus of Tests/Fuzzing, once through what the fuzzer checks.
@Suite struct CorpusTests {
  private static let folder =
    #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/Fuzzing/corpus/front"

  private static func names() -> [String] {
    guard let folder = opendir(folder) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }

  private static func content(of name: String) -> [UInt8]? {
    guard let file = fopen("\(folder)/\(name)", "r") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, file))
    return bytes
  }

  @Test func `what the fuzzer starts from holds, whole and cut off anywhere`() throws {
    var invariants = WireInvariants()
    var tight = WireInvariants.tight()
    defer {
      invariants.deallocate()
      tight.deallocate()
    }
    let names = Self.names()
    #expect(names.count > 50)
    for name in names {
      let bytes = try #require(Self.content(of: name))
      for count in max(0, bytes.count - 2000)...bytes.count {
        let violation = withMemory(Array(bytes.prefix(count))) { memory, count in
          invariants.violation(memory, count) ?? tight.violation(memory, count)
        }
        #expect(violation == nil, "\(name) up to \(count)")
      }
    }
  }

  @Test func `the corpus has something of everything`() throws {
    var verdicts: [String: Int] = [:]
    let requests = Requests()
    let responses = Responses()
    for name in Self.names() {
      let bytes = try #require(Self.content(of: name))
      if name.hasPrefix("request") { verdicts["request \(requests.verdict(bytes))", default: 0] += 1 }
      if name.hasPrefix("response") {
        verdicts["response \(responses.verdict(String(decoding: bytes, as: UTF8.self)))", default: 0] += 1
      }
    }
    for verdict in [
      "request complete", "request refused(400)", "request refused(501)", "request refused(505)",
      "request refused(417)", "response complete", "response refused(502)",
    ] {
      #expect(verdicts[verdict, default: 0] > 0, "\(verdict)")
    }
  }
}
