import Gzip
import TestSupport
import Testing

@Suite struct GzipTests {
  private func block(_ text: [UInt8]) throws -> [UInt8] {
    var file: [UInt8] = []
    let writer = try #require(GzipBlockWriter())
    text.withUnsafeBytes { writer.append($0, to: &file) }
    return file
  }

  @Test(arguments: [0, 1, 1000, GzipBlocks.textLength])
  func `a block comes back as it was, also one that cannot be made smaller`(count: Int) throws {
    var generator = SystemRandomNumberGenerator()
    let noise = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    for text in [noise, [UInt8](repeating: 0x78, count: count)] {
      let block = try block(text)
      #expect(block.count <= 65536)
      #expect(block.withUnsafeBytes(GzipBlocks.length) == block.count)
      #expect(block.withUnsafeBytes(GzipBlocks.textLength) == count)
      #expect(try isSame(#require(GzipBlocks.text(of: block)), text))
    }
  }

  @Test func `a damaged block is no text, whatever is wrong with it`() throws {
    let block = try block(Array("some text that is long enough to be packed, packed, packed".utf8))
    for index in block.indices.dropFirst(GzipBlocks.headerLength) {
      var damaged = block
      damaged[index] ^= 0x55
      #expect(GzipBlocks.text(of: damaged) == nil)
      #expect(GzipBlocks.text(of: Array(block[..<index])) == nil)
    }
    #expect(GzipBlocks.text(of: []) == nil)
    #expect([0x1f, 0x8b].withUnsafeBytes(GzipBlocks.length) == nil)
    #expect([UInt8](repeating: 0, count: 40).withUnsafeBytes(GzipBlocks.length) == nil)
  }

  @Test func `the end is a block of nothing`() {
    #expect(GzipBlocks.end.count == 28)
    #expect(GzipBlocks.text(of: GzipBlocks.end) == [])
  }
}
