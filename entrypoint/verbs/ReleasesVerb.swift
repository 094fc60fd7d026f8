import JSON
import Linux

/// `bascule releases`.
enum ReleasesVerb {
  static func perform(_ arguments: Arguments) throws -> Int32 {
    let releases = try Client().get(Client.route(arguments, "releases"))
    if arguments.has("--json") {
      Terminal.print(JSONText.compact(releases))
      return ExitCode.done
    }
    let items = releases["items"]?.elements ?? []
    if items.isEmpty { Terminal.print("there is no release yet") }
    for item in items {
      let mark = item["live"]?.bool == true ? "*" : item["warm"]?.bool == true ? "+" : " "
      let size = item["sizeBytes"]?.int.map { describe(bytes: Int64($0)) } ?? "-"
      let columns = [
        "\(mark) \(item["number"]?.int ?? 0)", item["state"]?.string ?? "?",
        String((item["commit"]?.string ?? "-").prefix(7)), item["createdAt"]?.string ?? "-", size,
        item["author"]?.string ?? "-", item["message"]?.string ?? "",
      ]
      Terminal.print(columns.joined(separator: "  "))
    }
    return ExitCode.done
  }
}
