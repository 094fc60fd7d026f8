// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

// A tenth of the idle memory's program text is relocations otherwise. Needs glibc 2.36, which Debian 12 has.
let compact: [LinkerSetting] = [
  .unsafeFlags(
    ["-use-ld=lld", "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs"], .when(configuration: .release))
]

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

// The allowed directions are written down once more, as a table, in ArchitectureTests:
// this list says what links, that one says what may be imported.
let package = Package(
  name: "bascule",
  products: [.executable(name: "bascule", targets: ["bascule"])],
  targets: [
    .target(name: "CLinux", cSettings: [.define("_GNU_SOURCE"), .treatAllWarnings(as: .error)]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

    module("Linux", ["CLinux"]),
    module("JSON"),
    module("Crypto", ["COpenSSL"]),
    module("SQLite", ["CSQLite"]),
    module("Gzip", ["CZlib"]),
    module("Log", ["Linux", "Crypto", "JSON"]),

    module("HTTP", ["JSON"]),
    module("Server", ["Linux", "HTTP"]),
    module("Front", ["CLinux", "Linux"]),
    module("Supervisor", ["CLinux", "Linux", "Log"]),

    module("Settings", ["Linux", "Crypto"]),
    module("Releases", ["Linux", "JSON"]),
    module("Pipeline", ["Linux", "JSON"]),
    module("History", ["Linux", "SQLite", "Gzip", "JSON"]),
    module("Access", ["Linux", "Crypto", "JSON", "HTTP"]),
    module("Notify", ["Linux", "JSON", "Crypto"]),

    module("Control", ["Linux", "Log", "JSON", "HTTP", "Server", "Access", "History"]),
    module(
      "Manager",
      [
        "Linux", "Log", "JSON", "HTTP", "Server", "Front", "Supervisor", "Settings", "Releases",
        "Pipeline", "History", "Access", "Notify", "Control",
      ]),
    module("Drill", ["Linux", "JSON", "HTTP", "Supervisor", "Settings"]),

    .executableTarget(
      name: "bascule",
      dependencies: [
        "Linux", "Log", "JSON", "HTTP", "Front", "Supervisor", "Settings", "Releases", "Manager", "Drill",
      ],
      path: "entrypoint", swiftSettings: strict, linkerSettings: compact),

    .target(
      name: "TestSupport", dependencies: ["Linux", "Supervisor"], path: "Tests/TestSupport",
      swiftSettings: strict),
    tests("ArchitectureTests"),
    tests("LinuxTests", ["Linux", "TestSupport"]),
    tests("JSONTests", ["JSON"]),
    tests("LogTests", ["Linux", "Crypto", "JSON", "Log", "TestSupport"]),
    tests("SQLiteTests", ["SQLite", "TestSupport"]),
    tests("HistoryTests", ["Linux", "JSON", "CSQLite", "SQLite", "Gzip", "History", "TestSupport"]),
    tests("SupervisorTests", ["Linux", "Supervisor", "TestSupport"]),
    tests("PipelineTests", ["Linux", "JSON", "Pipeline", "TestSupport"]),
    tests(
      "ManagerTests",
      [
        "Linux", "JSON", "Crypto", "Log", "HTTP", "Server", "Front", "Supervisor", "History", "Pipeline",
        "Notify",
        "Manager",
        "TestSupport",
      ]),
    tests("SettingsTests", ["Linux", "Settings"]),
    tests("ReleasesTests", ["Linux", "Releases", "TestSupport"]),
    tests("CryptoTests", ["Crypto"]),
    tests("HTTPTests", ["HTTP"]),
    tests("FrontTests", ["Linux", "HTTP", "Server", "Front", "TestSupport"]),
    tests("ServerTests", ["Linux", "HTTP", "Server", "TestSupport"]),
    tests("AccessTests", ["Access", "Linux", "Crypto", "JSON", "HTTP", "TestSupport"]),
    tests(
      "ControlTests",
      ["Linux", "JSON", "HTTP", "Server", "Access", "History", "Control", "TestSupport"]),
    tests("DrillTests", ["Linux", "JSON", "Settings", "Supervisor", "Drill", "TestSupport"]),
    tests("NotifyTests", ["Linux", "JSON", "Crypto", "Notify", "TestSupport"]),
    tests(
      "FuzzingTests",
      [
        "Linux", "JSON", "Crypto", "Gzip", "Log", "HTTP", "Server", "Front", "Supervisor", "Settings",
        "Releases",
        "History", "Access", "Control", "Manager", "TestSupport",
      ]),
    tests("SystemTests"),
  ]
)

// The image is made of what ships alone.
if Context.environment["BASCULE_WITHOUT_TESTS"] != nil {
  package.targets.removeAll { $0.isTest || $0.path?.hasPrefix("Tests/") == true }
}
