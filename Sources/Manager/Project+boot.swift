import Control
import Linux
import Log
import Pipeline
import Releases
import Settings

extension Project {
  /// Brings up what `current` names; if that cannot serve, the last good release; if there is none, deploys.
  func boot(_ settlement: SettlementReport) async {
    isReady = true
    if settlement.hasRelease { await handoff.hold() }
    spare.discard()
    let good = await desk.rollbackCandidates(excluding: 0)
    guard !isStopping else { return }
    guard let target = settlement.current.number ?? settlement.lastLive ?? good.first else {
      if queue.waiting == nil { orderFirstDeployment() } else { pump() }
      return
    }
    if let problem = settlement.current.problem {
      logger.warn("\(problem); starting release \(target), the last good one")
    }
    await handoff.hold()
    pump()
    await exclusively { await bootFrom(target, good.filter { $0 != target }) }
    await handoff.refuse()
    tidyUp()
  }

  private func bootFrom(_ target: Int, _ fallbacks: [Int]) async {
    let narrator = narrator("boot")
    let outcome = await switchTo(
      Handoff.Request(target: target, fallbacks: Array(fallbacks.prefix(3)), attempts: 3, lastResort: target),
      trial: Trial(fallbacks: fallbacks, strikes: 2), narrator)
    settleSwitched(outcome)
    switch outcome {
    case .live(let release): logger.info("release \(release.number) is live")
    case .kept(let release, let error), .fellBack(let release, let error):
      if let bad = await desk.release(target) {
        await wentBack(from: bad, to: release, nil, because: error.message)
      }
    case .down(let error): logger.error(error.message)
    case .refused(let error):
      guard let first = fallbacks.first else {
        logger.error("\(error.message), and there is no other release; deploying")
        return orderFirstDeployment()
      }
      logger.error("\(error.message); starting release \(first) instead")
      _ = await switchTo(
        Handoff.Request(target: first, fallbacks: Array(fallbacks.dropFirst().prefix(2)), lastResort: first),
        narrator)
    }
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
