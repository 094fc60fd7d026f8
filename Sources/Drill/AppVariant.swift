import JSON

/// What a commit of the rehearsal makes of the app: other scripts in its package.json, and a file for them.
package enum AppVariant: Sendable, CaseIterable {
  case good, brokenBuild, unhealthy, turnsBad, endlessBuild

  /// Says that the build has begun.
  package static let mark = "drill-builds"

  var message: String {
    switch self {
    case .good: "Drill: a good one"
    case .brokenBuild: "Drill: one that fails to build"
    case .unhealthy: "Drill: one that fails its health check"
    case .turnsBad: "Drill: one that turns bad after the switch"
    case .endlessBuild: "Drill: one whose build is never over"
    }
  }

  package var scripts: [(name: String, command: String)] {
    switch self {
    case .good: []
    case .brokenBuild: [("build", "bun drill-build.ts")]
    case .unhealthy: [("start", "bun drill-unhealthy.ts")]
    case .turnsBad: [("start", "bun drill-bad.ts")]
    case .endlessBuild: [("build", "bun drill-wait.ts")]
    }
  }

  package var files: [(name: String, text: String)] {
    switch self {
    case .good: []
    case .brokenBuild:
      [("drill-build.ts", "console.error(\"drill: this build fails\");\nprocess.exit(1);\n")]
    case .unhealthy:
      [
        (
          "drill-unhealthy.ts",
          """
          Bun.serve({
            port: process.env.PORT,
            fetch: () => new Response("drill: not healthy", { status: 503 }),
          });

          """
        )
      ]
    case .turnsBad:
      // The front says for whom it asks; a health check asks for itself.
      [
        (
          "drill-bad.ts",
          """
          let badFrom = Infinity;
          Bun.serve({
            port: process.env.PORT,
            fetch(request) {
              if (badFrom === Infinity && request.headers.has("x-forwarded-for")) badFrom = Date.now() + 300;
              return Date.now() < badFrom
                ? new Response("drill: fine")
                : new Response("drill: not any more", { status: 500 });
            },
          });

          """
        )
      ]
    case .endlessBuild:
      [
        (
          "drill-wait.ts",
          """
          await Bun.write("\(Self.mark)", "");
          console.log("drill: building");
          await Bun.sleep(600_000);

          """
        )
      ]
    }
  }

  /// The app's own package.json with these scripts instead of its own; nil: it is none.
  ///
  /// `own`: what is set for the app as commands. They become scripts too, since a setting would win over the
  /// variant's.
  package func package(from original: JSONValue, own: [(name: String, command: String)]) -> JSONValue? {
    guard case .object(var members) = original else { return nil }
    var scripts: [(String, JSONValue)] = []
    if let place = members.firstIndex(where: { $0.0 == "scripts" }) {
      if case .object(let found) = members[place].1 { scripts = found }
      members.removeAll { $0.0 == "scripts" }
    }
    for script in own + self.scripts {
      // What npm would run before and after it is not the variant's.
      let names = [script.name, "pre" + script.name, "post" + script.name]
      scripts.removeAll { names.contains($0.0) }
      scripts.append((script.name, .string(script.command)))
    }
    return .object(members + [("scripts", .object(scripts))])
  }
}
