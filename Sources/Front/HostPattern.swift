/// A host by which a site is asked for: `app.example.com`, or `prefix.*` for every host that begins so.
package struct HostPattern: Sendable, Hashable {
  /// In lower case; of a pattern what comes before `.*`.
  let name: [UInt8]
  let isPrefix: Bool

  static let longest = 253

  /// nil: no request could name it.
  package init?(_ text: String) {
    var name = Array(text.utf8.map(lower))
    if name.last == UInt8(ascii: ".") { name.removeLast() }
    isPrefix = name.suffix(2) == [UInt8(ascii: "."), Byte.asterisk]
    if isPrefix { name.removeLast(2) }
    guard !name.isEmpty, name.count <= Self.longest, Self.isHost(name, mayBeAddress: !isPrefix) else {
      return nil
    }
    self.name = name
  }

  /// For a setting: what is wrong with it, or nil.
  package static func problem(in text: String) -> String? {
    HostPattern(text) == nil
      ? "which is no host; it may be a name such as app.example.com, without a port, or the beginning of one "
        + "such as app.*" : nil
  }

  private static func isHost(_ name: [UInt8], mayBeAddress: Bool) -> Bool {
    let classes = ByteClasses()
    defer { classes.deallocate() }
    if name.first == Byte.leftBracket {
      guard mayBeAddress, name.last == Byte.rightBracket else { return false }
      return name.withUnsafeBufferPointer { bytes in
        bytes.baseAddress.map { Authority.isValid($0, ByteRange(count: bytes.count), classes) } ?? false
      }
    }
    return name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
      !label.isEmpty && label.allSatisfy { classes.holds($0, ByteClasses.host) }
    }
  }
}
