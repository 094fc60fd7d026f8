import JSON
import Linux
import Log
import Pipeline
import Releases
import Settings

extension Project {
  func watchReload() {
    reloads = ReloadWatch(folder: desk.layout.releases, watches: watches, logger: logger) { [weak self] in
      await self?.reload(by: "RELOAD")
    }
  }

  /// RELOAD and SIGHUP: the app is started again from wherever `current` points.
  func reload(by actor: String) async { await exclusively { await reloadNow(by: actor) } }

  private func reloadNow(by actor: String) async {
    let started = ContinuousClock.Instant.now
    let before = handoff.live?.release.number ?? wanted
    let narrator = narrator("reload")
    switch await desk.reloadTarget() {
    case .failure(let error):
      var reason = error.message
      if let before {
        // What runs goes on running, so that is what `current` has to name.
        do throws(DeployError) { try await desk.makeCurrent(before) } catch { reason += "; \(error.message)" }
      }
      narrator.say(.error, "RELOAD refused: \(reason)" + (before.map { "; release \($0) serves on" } ?? ""))
      return await answer("refused", release: before, before: before, started, reason: reason)
    case .success(let target):
      let candidates = await desk.rollbackCandidates(excluding: target)
      let fallbacks = ([before].compactMap { $0 } + candidates).uniqued().filter { $0 != target }
      let outcome = await switchTo(
        Handoff.Request(target: target, fallbacks: Array(fallbacks.prefix(2)), lastResort: before ?? target),
        trial: Trial(fallbacks: fallbacks, strikes: before == nil || before == target ? 2 : 0), narrator)
      guard !isStopping else { return }
      switch outcome {
      case .live(let release):
        let changed = before != nil && before != release.number
        if changed {
          if let failure = await desk.logRollback(to: release.number, actor: actor) { logger.warn(failure) }
          recordSwitch(to: release, from: before, trigger: "reload", actor: actor, note: nil)
          if release.number < before ?? 0 { pause(after: release, by: actor) }
        }
        await answer("reloaded", release: release.number, before: before, started, reason: nil)
      case .kept(let release, let error):
        var reason = error.message
        if release.number != target {
          do throws(DeployError) { try await desk.makeCurrent(release.number) } catch {
            reason += "; \(error.message)"
          }
        }
        narrator.say(
          .error, "RELOAD of release \(target) failed: \(reason); release \(release.number) serves on")
        await answer("failed", release: release.number, before: before, started, reason: reason)
      case .fellBack(let release, let error):
        narrator.say(
          .error, "RELOAD of release \(target) failed: \(error.message); release \(release.number) serves")
        await answer("failed", release: release.number, before: before, started, reason: error.message)
      case .down(let error):
        narrator.say(.error, "RELOAD of release \(target) failed: \(error.message)")
        await answer("failed", release: nil, before: before, started, reason: error.message)
      case .refused(let error):
        var reason = error.message
        if let before, before != target {
          do throws(DeployError) { try await desk.makeCurrent(before) } catch {
            reason += "; \(error.message)"
          }
        }
        narrator.say(.error, "RELOAD refused: \(reason)")
        await answer("refused", release: before, before: before, started, reason: reason)
      }
    }
  }

  private func answer(
    _ result: String, release: Int?, before: Int?, _ started: ContinuousClock.Instant, reason: String?
  ) async {
    let line: JSONValue = [
      "at": .string(Timestamp.now.iso8601()), "result": .string(result), "release": JSONValue(release),
      "before": JSONValue(before), "durationMs": .int((ContinuousClock.Instant.now - started).milliseconds),
      "reason": JSONValue(reason.map(redactor.mask)),
    ]
    if let failure = await desk.writeReloadResult(line.text + "\n") {
      logger.warn("RELOAD.result could not be written: \(failure)")
    }
  }
}
