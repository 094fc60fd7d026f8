import Front
import History
import Linux
import Releases

extension Manager {
  package func metrics() async -> String {
    var text = PrometheusText()
    describeProjects(in: &text)
    Self.describe(await front.metrics(), in: &text)
    return text.text
  }

  private func describeProjects(in text: inout PrometheusText) {
    func family(_ name: String, _ help: String, type: String = "gauge", _ value: (Handoff) -> Int) {
      text.family(name, help, type: type, label: "project", all.map { ($0.slug, value($0.handoff)) })
    }
    family("bascule_live_release", "Number of the release that serves; 0 while none does.") {
      $0.live?.release.number ?? 0
    }
    family(
      "bascule_warm_instances",
      "Running instances of the app besides the live one that could take over at once."
    ) { $0.retirees.count { $0.canServe } }
    family("bascule_app_restarts", "Restarts of the live release after crashes.") { $0.live?.restarts ?? 0 }
    family(
      "bascule_switches_total", "Times that another start of a release has become live.", type: "counter",
      \.switches)
    family(
      "bascule_switches_failed_total", "Switches that were asked for and did not come about.",
      type: "counter",
      \.failedSwitches)
    let states = (try? history.countByState()) ?? []
    text.family(
      "bascule_deployments", "Deployments on record, by state.", type: "gauge", label: "state",
      states.map { ($0.state.rawValue, $0.count) })
    text.gauge("bascule_deployments_waiting", "Deployments that wait for their turn.", waiting.count)
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
