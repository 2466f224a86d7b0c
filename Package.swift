// swift-tools-version: 6.3
import PackageDescription

/// C libraries of the system: a module map and a shim header each, one Swift importer each.
let cLibraries: [(name: String, pkgConfig: String?)] = [
  ("CCrypt", nil),
  ("CCurl", "libcurl"),
  ("CLinux", nil),
  ("COpenSSL", "libcrypto"),
  ("CPostgres", "libpq"),
]

/// `Sources/`: libraries, and in lower case the processes that are not edge functions.
let modules: [(name: String, uses: [Target.Dependency])] = [
  ("JSON", []),
  ("Loop", ["CLinux"]),
  ("Telemetry", ["Loop"]),
  ("HTTP", ["JSON", "Loop"]),
  ("HTTPClient", ["CCurl", "Loop"]),
  ("Postgres", ["CPostgres", "Loop"]),
  ("Crypto", ["CCrypt", "COpenSSL"]),
  ("Core", ["Crypto", "HTTP", "HTTPClient", "JSON", "Loop", "Postgres", "Telemetry"]),
  (
    "Platforms",
    ["Core", "Crypto", "HTTP", "HTTPClient", "JSON", "Loop", "Postgres", "Telemetry"]
  ),
  ("auth", ["Core", "Crypto", "HTTP", "HTTPClient", "JSON", "Loop", "Postgres", "Telemetry"]),
  ("dispatcher", ["HTTP", "JSON", "Loop", "Telemetry"]),
  ("rest", ["Core", "Crypto", "HTTP", "JSON", "Loop", "Postgres", "Telemetry"]),
  (
    "sandbox",
    ["Core", "Crypto", "HTTP", "HTTPClient", "JSON", "Loop", "Postgres", "Telemetry"]
  ),
  ("vault", ["Core", "JSON", "Loop", "Postgres", "Telemetry"]),
]

/// `functions/`: one executable an edge function; its name is its folder, its binary and its path.
let functions: [(name: String, uses: [Target.Dependency])] = [
  ("auth-profile-setup", ["Core", "Postgres"]),
  ("disconnect-account", ["Core", "Platforms", "Postgres"]),
  ("oauth-instagram-callback", ["Core", "Platforms"]),
  ("oauth-instagram-init", ["Core", "Platforms"]),
  ("oauth-tiktok-callback", ["Core", "Platforms"]),
  ("oauth-tiktok-init", ["Core", "Platforms"]),
  ("oauth-youtube-callback", ["Core", "Platforms"]),
  ("oauth-youtube-init", ["Core", "Platforms"]),
  ("refresh-oauth-tokens", ["Core", "Platforms"]),
  ("sync-instagram", ["Core", "Platforms", "Postgres"]),
  ("sync-tiktok", ["Core", "Platforms", "Postgres"]),
  ("sync-youtube", ["Core", "Platforms", "Postgres"]),
]

/// `Tests/Programs/`: what tests and benchmarks run.
let programs: [(name: String, uses: [Target.Dependency])] = [
  ("bench-hello", ["Core"]),
  ("bench-read", ["Core", "Postgres"]),
  ("bench-tokens", ["Crypto"]),
  ("bench-vault", ["Core", "Loop", "Postgres"]),
]

let settings: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
  name: "StreamVibe",
  targets: cLibraries.map {
    .systemLibrary(name: $0.name, path: "Sources/\($0.name)", pkgConfig: $0.pkgConfig)
  }
    + modules.map { module in
      module.name.first?.isLowercase == true
        ? .executableTarget(name: module.name, dependencies: module.uses, swiftSettings: settings)
        : .target(name: module.name, dependencies: module.uses, swiftSettings: settings)
    }
    + functions.map {
      .executableTarget(
        name: $0.name,
        dependencies: $0.uses,
        path: "functions/\($0.name)",
        swiftSettings: settings
      )
    }
    + programs.map {
      .executableTarget(
        name: $0.name,
        dependencies: $0.uses,
        path: "Tests/Programs/\($0.name)",
        swiftSettings: settings
      )
    }
    + modules.map { module in
      .testTarget(
        name: "\(module.name.prefix(1).uppercased() + module.name.dropFirst())Tests",
        dependencies: module.uses + [.byName(name: module.name), "TestSupport"],
        swiftSettings: settings
      )
    }
    + [
      .target(
        name: "TestSupport",
        dependencies: ["Core", "Crypto", "HTTP", "JSON", "Loop", "Postgres"],
        path: "Tests/Support",
        swiftSettings: settings
      ),
      .testTarget(
        name: "FunctionTests",
        dependencies: functions.map { .byName(name: $0.name) } + [
          "Core", "Crypto", "HTTPClient", "JSON", "Loop", "Platforms", "Postgres", "TestSupport",
          "sandbox",
        ],
        swiftSettings: settings
      ),
    ]
)
