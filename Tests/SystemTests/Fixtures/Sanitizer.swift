import Foundation

/// What a program that `./console test --sanitize` has built is told. Each writes what it finds to a file of its own:
/// in a namespace of its own every manager is process 1.
enum Sanitizer {
  static var environment: [String: String] {
    let ours = ProcessInfo.processInfo.environment
    guard let folder = ours["BASCULE_REPORTS"] else { return [:] }
    let file = "log_path=\(folder)/\(UUID().uuidString)"
    return [
      "TSAN_OPTIONS": "\(ours["TSAN_OPTIONS"] ?? "") \(file)",
      "ASAN_OPTIONS": "\(ours["ASAN_OPTIONS"] ?? "") \(file)", "LSAN_OPTIONS": ours["LSAN_OPTIONS"] ?? "",
    ]
  }
}
