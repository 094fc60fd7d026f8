/// What the value of a Transfer-Encoding field says.
enum TransferCoding {
  case chunked
  /// Something that this end does not know, and then chunked: the length is clear, the content is not.
  case unknown
  /// Nothing that tells where the message ends.
  case unclear

  init(_ bytes: UnsafePointer<UInt8>, _ value: ByteRange) {
    if sameText(bytes, value, "chunked") {
      self = .chunked
      return
    }
    var elements = ListElements(value)
    var isChunked = false
    while let element = elements.next(bytes) {
      // An empty element, or anything behind chunked.
      if isChunked || !Self.isCoding(bytes, element) {
        self = .unclear
        return
      }
      isChunked = sameText(bytes, element, "chunked")
    }
    self = isChunked ? .unknown : .unclear
  }

  /// A name, and perhaps parameters, which `chunked` has none of.
  private static func isCoding(_ bytes: UnsafePointer<UInt8>, _ element: ByteRange) -> Bool {
    var name = element
    name.count = 0
    while name.count < element.count, isToken(bytes[name.end]) { name.count += 1 }
    guard name.count > 0 else { return false }
    if name.count == element.count { return true }
    guard bytes[name.end] == Byte.semicolon || isBlank(bytes[name.end]) else { return false }
    return !sameText(bytes, name, "chunked")
  }
}
