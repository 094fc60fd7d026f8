import JSON
import Testing

@Suite struct MutationTests {
  private static let payload = #"""
    {"ref": "refs/heads/main", "before": "0000000000000000000000000000000000000000", "forced": false,
     "commits": [{"id": "a1b2", "message": "Umlaut \u00e4 \ud83d\ude00 \"quoted\"\n[skip ci]", "size": -1.5e+3,
     "author": {"name": "Zoë", "email": null}}], "nested": [[[[[{"deep": [true, false]}]]]]], "😀": {}}
    """#

  /// Damaged in every way that a seed leads to; the same ones each time.
  @Test(arguments: 1...8 as ClosedRange<UInt64>)
  func `a damaged payload is refused or understood, and nothing else happens`(seed: UInt64) {
    var random = SplitMix(state: seed)
    let original = Array(Self.payload.utf8)
    let marks = Array("\"\\{}[],:0-e.u\u{0}\u{1f}ntf \u{ff}".utf8) + [0x80, 0xed, 0xf0, 0xff]
    var understood = 0
    for _ in 0..<3000 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[place] = marks.randomElement(using: &random) ?? 0
        case 1: bytes.insert(marks.randomElement(using: &random) ?? 0, at: place)
        case 2: bytes.remove(at: place)
        default: bytes.removeLast(min(bytes.count - 1, Int.random(in: 0..<40, using: &random)))
        }
      }
      guard let document = try? JSONDocument(bytes: bytes) else { continue }
      understood += 1
      // Whatever was taken can be walked through, and its meaning survives being written.
      let written = document.root.written
      let again = try? JSONDocument(bytes: written.bytes)
      #expect(again?.root.written.text == written.text)
    }
    #expect(understood > 100)
  }
}

private struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
