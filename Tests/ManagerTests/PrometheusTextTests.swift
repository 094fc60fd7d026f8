import Testing

@testable import Manager

@Suite struct PrometheusTextTests {
  @Test func `each name has one HELP and one TYPE, before its values`() {
    var text = PrometheusText()
    text.gauge("a", "An a.", 3)
    text.family("b_total", "Bs.", type: "counter", label: "class", [("2xx", 4), ("5xx", 0)])
    #expect(
      text.text == """
        # HELP a An a.
        # TYPE a gauge
        a 3
        # HELP b_total Bs.
        # TYPE b_total counter
        b_total{class="2xx"} 4
        b_total{class="5xx"} 0

        """)
  }

  @Test func `the buckets of a histogram add up`() {
    var text = PrometheusText()
    text.histogram("h", "Seconds.", bounds: [0.001, 0.5, 1], counts: [2, 0, 3, 1], sum: 7.25)
    #expect(
      text.text == """
        # HELP h Seconds.
        # TYPE h histogram
        h_bucket{le="0.001"} 2
        h_bucket{le="0.5"} 2
        h_bucket{le="1.0"} 5
        h_bucket{le="+Inf"} 6
        h_sum 7.25
        h_count 6

        """)
  }
}
