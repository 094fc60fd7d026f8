import JSON

/// `bascule maintenance on|off`: what visitors see instead of the app.
enum MaintenanceVerb {
  static func perform(_ arguments: Arguments) throws -> Int32 {
    let isOn: Bool
    switch arguments.positional.first {
    case "on": isOn = true
    case "off": isOn = false
    default: throw UsageError("maintenance is turned on or off")
    }
    if !isOn, arguments["-m"] != nil { throw UsageError("-m goes with maintenance on") }
    let answer = try Client().post(
      Client.route(arguments, "maintenance"), [("on", .bool(isOn)), ("text", JSONValue(arguments["-m"]))])
    if arguments.has("--json") {
      Terminal.print(JSONText.compact(answer))
    } else {
      Terminal.print(
        isOn
          ? "visitors are told of the maintenance; `bascule maintenance off` ends it"
          : "visitors are served again")
    }
    return ExitCode.done
  }
}
