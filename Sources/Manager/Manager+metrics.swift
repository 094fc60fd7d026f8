import Front
import History
import Linux
import Releases

extension Manager {
  package func metrics() async -> String {
    let handoff = project.handoff
    var text = PrometheusText()
    text.gauge(
      "bascule_live_release", "Number of the release that serves; 0 while none does.",
      handoff.live?.release.number ?? 0)
    text.gauge(
      "bascule_warm_instances",
      "Running instances of the app besides the live one that could take over at once.",
      handoff.retirees.count { $0.canServe })
    text.gauge(
      "bascule_app_restarts", "Restarts of the live release after crashes.", handoff.live?.restarts ?? 0)
    text.counter(
      "bascule_switches_total", "Times that another start of a release has become live.", handoff.switches)
    text.counter(
      "bascule_switches_failed_total", "Switches that were asked for and did not come about.",
      handoff.failedSwitches)
    let states = (try? project.history.countByState(project: project.slug)) ?? []
    text.family(
      "bascule_deployments", "Deployments on record, by state.", type: "gauge", label: "state",
      states.map { ($0.state.rawValue, $0.count) })
    Self.describe(await front.metrics(), in: &text)
    return text.text
  }

  private static func describe(_ front: FrontMetrics, in text: inout PrometheusText) {
    text.family(
      "bascule_responses_total", "Answers on the public port, by class of status.", type: "counter",
      label: "class",
      front.responses.enumerated().dropFirst().map { ("\($0.offset)xx", $0.element) })
    text.histogram(
      "bascule_response_seconds", "Time from a request to the end of its answer.",
      bounds: FrontMetrics.latencyBounds, counts: front.latencies, sum: front.latencySum)
    text.gauge("bascule_connections", "Open connections of clients.", front.connections)
    text.counter("bascule_connections_total", "Connections of clients that were taken.", front.accepted)
    text.gauge("bascule_requests_in_flight", "Requests that are being answered.", front.inFlight)
    text.gauge("bascule_requests_waiting", "Requests that wait for a release to come up.", front.waiting)
    text.counter("bascule_requests_held_total", "Requests that had to wait for a release.", front.held)
    text.counter("bascule_requests_retried_total", "Requests that were sent to the app again.", front.retried)
    text.counter(
      "bascule_requests_refused_total", "Requests that the front refused as malformed or too large.",
      front.refusedRequests)
    text.counter(
      "bascule_upstream_connections_total", "Connections that were made to the app.", front.upstreamConnects)
  }
}
