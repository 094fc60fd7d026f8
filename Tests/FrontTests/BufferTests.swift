import Testing

@testable import Front

@Suite struct BufferTests {
  private func contents(_ buffer: Buffer) -> [UInt8] {
    buffer.isEmpty ? [] : Array(UnsafeBufferPointer(start: buffer.bytes, count: buffer.count))
  }

  @Test func `what goes in comes out in order, however it is taken`() {
    var buffer = Buffer()
    defer { buffer.deallocate() }
    var model: [UInt8] = []
    var next: UInt8 = 0
    for step in 1..<400 {
      let added = (0..<(step * 7 % 97)).map { _ in
        next &+= 1
        return next
      }
      added.withUnsafeBufferPointer { bytes in
        if let base = bytes.baseAddress { buffer.append(base, bytes.count) }
      }
      model += added
      let taken = min(step * 5 % 83, model.count)
      buffer.consume(taken)
      model.removeFirst(taken)
      #expect(contents(buffer) == model)
    }
  }

  @Test func `it grows past its first size and keeps what it holds`() {
    var buffer = Buffer()
    defer { buffer.deallocate() }
    let bytes = (0..<(Buffer.smallest * 3)).map { UInt8(truncatingIfNeeded: $0) }
    bytes.withUnsafeBufferPointer { all in
      guard let base = all.baseAddress else { return }
      for start in stride(from: 0, to: all.count, by: 100) {
        buffer.append(base + start, min(100, all.count - start))
      }
    }
    #expect(contents(buffer) == bytes)
  }

  @Test func `an idle client costs at most 448 bytes`() {
    #expect(MemoryLayout<Client>.size <= 448)
  }
}
