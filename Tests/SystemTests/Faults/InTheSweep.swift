import Foundation
import Testing

extension Trait where Self == ConditionTrait {
  /// Three of the cases do not hold yet on a busy machine, so the sweep stands by itself.
  static var inTheSweep: Self {
    .enabled(
      if: ProcessInfo.processInfo.environment["BASCULE_FAULTS"] != nil,
      "the sweep of faults runs by itself: ./console bench faults")
  }
}
