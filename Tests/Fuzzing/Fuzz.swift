import Glibc
import Linux

private let target = getenv("FUZZ_TARGET").flatMap { FuzzTarget(rawValue: String(cString: $0)) }

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  // What reads a log does so on the main loop, which is this thread here.
  EventLoop.main.adoptCurrentThread()
  guard let target else {
    print("FUZZ_TARGET names none of \(FuzzTarget.allCases)")
    exit(2)
  }
  if let violation = target.violation(Array(UnsafeBufferPointer(start: bytes, count: count))) {
    print(violation)
    fflush(nil)
    abort()
  }
  return 0
}
