import Control
import Linux
import Log
import Pipeline
import Releases
import Settings

extension Project {
  /// Brings up what `current` names; if that cannot serve, the last good release; if there is none, deploys.
  func boot(_ settlement: SettlementReport) async {
    settleQueue()
    spare.discard()
    let good = await desk.rollbackCandidates(excluding: 0)
    guard let target = settlement.current.number ?? settlement.lastLive ?? good.first else {
      if queue.waiting == nil { orderFirstDeployment() } else { pump() }
      return
    }
    let fallbacks = good.filter { $0 != target }
    let narrator = narrator("boot")
    let outcome = await switchTo(
      Handoff.Request(target: target, fallbacks: Array(fallbacks.prefix(3)), attempts: 3, lastResort: target),
      narrator)
    switch outcome {
    case .live(let release):
      logger.info("release \(release.number) is live")
      probation = Probation(
        until: .now + settings.watchTime, fallbacks: fallbacks, strikes: 2, deployment: nil)
    case .fellBack(let release, let error):
      if let bad = await desk.release(target) {
        await wentBack(from: bad, to: release, nil, because: error.message)
      }
    case .down(let error): logger.error(error.message)
    case .refused(let error):
      logger.error("\(error.message); looking for another release")
      await bootFallback(fallbacks, narrator)
    }
    tidyUp()
    pump()
  }

  private func bootFallback(_ numbers: [Int], _ narrator: Narrator) async {
    guard let first = numbers.first else { return orderFirstDeployment() }
    _ = await switchTo(
      Handoff.Request(target: first, fallbacks: Array(numbers.dropFirst().prefix(2)), lastResort: first),
      narrator)
  }

  func orderFirstDeployment() {
    let order = DeployOrder(trigger: "boot", actor: "bascule", ref: nil)
    self.order(order) { [logger] answer in
      if case .unavailable(let reason) = answer {
        logger.error("the first deployment cannot begin: \(reason)")
      }
    }
  }
}
