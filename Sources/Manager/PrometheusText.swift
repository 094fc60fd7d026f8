/// Figures in the text format of Prometheus, each name with its HELP and TYPE.
struct PrometheusText {
  private(set) var text = ""

  mutating func gauge(_ name: String, _ help: String, _ value: Int) {
    describe(name, help, "gauge")
    text += "\(name) \(value)\n"
  }

  mutating func counter(_ name: String, _ help: String, _ value: Int) {
    describe(name, help, "counter")
    text += "\(name) \(value)\n"
  }

  /// The values of `label` come from a fixed list: nothing in them needs an escape.
  mutating func family(
    _ name: String, _ help: String, type: String, label: String, _ values: [(label: String, value: Int)]
  ) {
    describe(name, help, type)
    for (value, number) in values { text += "\(name){\(label)=\"\(value)\"} \(number)\n" }
  }

  /// `counts`: one for each bound, and one for what is above all of them; not yet summed up.
  mutating func histogram(_ name: String, _ help: String, bounds: [Double], counts: [Int], sum: Double) {
    describe(name, help, "histogram")
    var total = 0
    for (bound, count) in zip(bounds, counts) {
      total += count
      text += "\(name)_bucket{le=\"\(bound)\"} \(total)\n"
    }
    total = counts.reduce(0, +)
    text += "\(name)_bucket{le=\"+Inf\"} \(total)\n\(name)_sum \(sum)\n\(name)_count \(total)\n"
  }

  private mutating func describe(_ name: String, _ help: String, _ type: String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
  }
}
