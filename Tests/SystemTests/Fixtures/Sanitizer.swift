import Foundation

/// What a program that `./console test --sanitize` has built is told. Each writes what it finds to a file of its own:
/// in a namespace of its own every manager is process 1.
enum Sanitizer {
  static var environment: [String: String] {
    let ours = ProcessInfo.processInfo.environment
    guard let folder = ours["BASCULE_REPORTS"] else { return [:] }
    var options = ["LSAN_OPTIONS": ours["LSAN_OPTIONS"] ?? ""]
    for name in ["TSAN_OPTIONS", "ASAN_OPTIONS"] {
      // Behind that of the tests themselves, of which it takes the place.
      options[name] = "\(ours[name] ?? "") log_path=\(folder)/\(UUID().uuidString)"
    }
    return options
  }
}
