import Foundation
import Testing

/// `GET /metrics` on the control port.
@Suite(.fewAtATime)
struct Metrics {
  @Test func `without a token this machine may read them, each name with its kind, and they count`()
    async throws
  {
    try await withLiveApp { manager, repository in
      let before = try await figures(manager)
      for _ in 0..<5 { _ = try await manager.app() }
      try await repository.commit("2")
      try await manager.bascule("deploy", exits: 0)
      try await manager.bascule("rollback", exits: 0)
      let after = try await figures(manager)
      #expect(after["bascule_live_release{project=\"main\"}"] == 1)
      func grew(_ name: String) -> Double { (after[name] ?? -1) - (before[name] ?? -1) }
      #expect(grew("bascule_switches_total{project=\"main\"}") == 2)
      #expect(grew("bascule_switches_failed_total{project=\"main\"}") == 0)
      #expect(grew("bascule_responses_total{class=\"2xx\"}") >= 5)
      #expect(grew("bascule_response_seconds_count") >= 5)
      #expect(after["bascule_deployments{state=\"success\"}"] == 3)
      #expect(
        after["bascule_response_seconds_bucket{le=\"+Inf\"}"] == after["bascule_response_seconds_count"])
    }
  }

  @Test func `with METRICS_TOKEN only who has it may read them`() async throws {
    try await withLiveApp(["METRICS_TOKEN": "a long token"]) { manager, _ in
      for wrong in [[:], ["Authorization": "Bearer a long toke"], ["Authorization": "a long token"]] {
        let answer = try await request("GET", "/metrics", port: manager.controlPort, headers: wrong)
        #expect(answer.status == 401, "\(wrong)")
        #expect(answer.headers["www-authenticate"] == "Bearer")
        #expect(!answer.text.contains("bascule_"))
      }
      let answer = try await request(
        "GET", "/metrics", port: manager.controlPort, headers: ["Authorization": "bearer a long token"])
      #expect(answer.status == 200)
      #expect(answer.headers["content-type"]?.hasPrefix("text/plain; version=0.0.4") == true)
      #expect(try await manager.app()["environment"]["METRICS_TOKEN"].isNull)
    }
  }

  /// The values by name and labels. Every name must have been described once, before its values.
  private func figures(_ manager: Manager) async throws -> [String: Double] {
    let answer = try await request("GET", "/metrics", port: manager.controlPort)
    #expect(answer.status == 200)
    var values: [String: Double] = [:]
    var described: Set<String> = []
    for line in answer.text.split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: 3).map(String.init)
      if words[0] == "#" {
        if words[1] == "TYPE" { #expect(described.insert(words[2]).inserted, "\(line)") }
        continue
      }
      let name = words[0].prefix { $0 != "{" }
      let family = ["_bucket", "_sum", "_count"].reduce(String(name)) { found, suffix in
        let base = found.hasSuffix(suffix) ? String(found.dropLast(suffix.count)) : found
        return described.contains(base) ? base : found
      }
      #expect(described.contains(family), "\(line)")
      values[words[0]] = Double(words[1])
    }
    return values
  }
}
