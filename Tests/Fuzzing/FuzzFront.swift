import Glibc

/// libFuzzer calls from one thread.
nonisolated(unsafe) private var invariants = WireInvariants()
nonisolated(unsafe) private var tight = WireInvariants.tight()

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  // The bytes are memory of exactly this size, so that the sanitizer sees a step beyond them.
  let violation = invariants.violation(bytes, count) ?? tight.violation(bytes, count)
  if let violation {
    print(violation)
    fflush(stdout)
    abort()
  }
  return 0
}
