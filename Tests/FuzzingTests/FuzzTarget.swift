/// What is given any bytes at all, and says what does not hold. The fuzzer compiles these files as well.
enum FuzzTarget: String, CaseIterable {
  case json, control, form, jwt, fields, text, settings, state, log, forwarded

  /// What the bytes break; nil where everything holds.
  func violation(_ bytes: [UInt8]) -> String? {
    switch self {
    case .json: JSONInvariants.violation(bytes)
    case .control: ControlInvariants.violation(bytes)
    case .form: FormInvariants.violation(bytes)
    case .jwt: JWTInvariants.violation(bytes)
    case .fields: FieldInvariants.violation(bytes)
    case .text: TextInvariants.violation(bytes)
    case .settings: SettingsInvariants.violation(bytes)
    case .state: StateInvariants.violation(bytes)
    case .log: LogInvariants.violation(bytes)
    case .forwarded: ForwardedInvariants.violation(bytes)
    }
  }
}

/// Numbers that come of the bytes alone, so that what is found is found again.
struct Dice: RandomNumberGenerator {
  private var state: UInt64

  init(_ bytes: [UInt8]) {
    state = bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
  }

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  /// The bytes in portions, all of about one size.
  mutating func portions(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    let most = [1, 2, 7, 40, 1000].randomElement(using: &self) ?? 1
    var portions: [ArraySlice<UInt8>] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      portions.append(rest.prefix(Int.random(in: 1...most, using: &self)))
      rest = rest.dropFirst(portions.last?.count ?? 1)
    }
    return portions
  }
}

extension StringProtocol {
  /// `==` takes one spelling of an accent for the other.
  func isSameBytes(as other: some StringProtocol) -> Bool { utf8.elementsEqual(other.utf8) }

  /// What a log and a terminal may get, in one line.
  var isClean: Bool {
    unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f && !(0x80...0x9f ~= $0.value) }
  }
}
