// swift-tools-version: 6.1
import PackageDescription

// `make tsan` alone sets TSAN: Sources/Shared/WatchedMutex.swift says why. Its members come from a module that not every file
// imports.
let memberImports: SwiftSetting =
    Context.environment["TSAN"] == nil
    ? .enableUpcomingFeature("MemberImportVisibility") : .define("THREAD_SANITIZER")

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    // An async function runs where its caller does, without asking the runtime: docs/decisions/0002-tasks-on-event-loops.md.
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    memberImports,
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
    name: "llm-gateway",
    products: [
        .executable(name: "gatewayd", targets: ["gatewayd"]),
        .executable(name: "gateway-tui", targets: ["gateway-tui"]),
        .executable(name: "gateway-simulator", targets: ["gateway-simulator"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // Arrows point down this list: a target may import only what stands below it.

        // MARK: Programs (wiring only)
        .executableTarget(
            name: "gatewayd",
            dependencies: [
                "GatewayCore", "GatewayIO", "Shared", "Simulator",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            path: "Sources/ProxyDaemon/Daemon",
            swiftSettings: strict,
            // The heap of the whole program: docs/decisions/0018-mimalloc.md. Sanitizers, in debug builds, bring their own.
            linkerSettings: [.linkedLibrary("mimalloc", .when(configuration: .release))]
        ),
        .executableTarget(
            name: "gateway-tui",
            dependencies: [
                "CNcurses", "Dashboard", "Shared",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Sources/GatewayTUI/Terminal",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "gateway-simulator",
            dependencies: [
                "Shared", "Simulator",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Sources/ProxyDaemon/SimulatorProgram",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "translation-bench",
            dependencies: ["GatewayCore"],
            path: "tools/bench/TranslationBench",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "embedding-bench",
            dependencies: ["EmbeddingFixtures", "GatewayCore", "GatewayIO"],
            path: "tools/bench/EmbeddingBench",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "classify-bench",
            dependencies: ["GatewayCore", "GatewayIO"],
            path: "tools/bench/ClassifyBench",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "quality-bench",
            dependencies: ["GatewayCore"],
            path: "tools/bench/QualityBench",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "reduction-bench",
            dependencies: ["GatewayCore", "Shared"],
            path: "tools/bench/ReductionBench",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "cache-bench",
            dependencies: ["GatewayCore", "GatewayIO", "Shared"],
            path: "tools/bench/CacheBench",
            swiftSettings: strict
        ),

        // MARK: Rings
        .target(
            name: "GatewayIO",
            dependencies: [
                "CCurl", "CHiredis", "CKernels", "CPQ", "CProgram", "CSQLite", "CZlib", "CZstd", "GatewayCore",
                "Shared",
                .product(name: "Crypto", package: "swift-crypto"),
                // Brings SQLite: the system's, from libsqlite3-dev.
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOExtras", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ],
            path: "Sources/ProxyDaemon/IO",
            resources: [
                .embedInCode("Catalogue/models.yaml"), .embedInCode("Classifier/router.weights.json"),
                // A link to skills/ at the top.
                .embedInCode("Skills/BuiltIn"),
                // A link to workflows/ at the top, where people look for them.
                .embedInCode("Workflows/BuiltIn/code-review-panel.yaml"),
                .embedInCode("Workflows/BuiltIn/map-reduce-summary.yaml"),
                .embedInCode("Workflows/BuiltIn/reason-critique-refine.yaml"),
                .embedInCode("Workflows/BuiltIn/research-outline-write.yaml"),
                .embedInCode("Workflows/BuiltIn/translate-and-back-check.yaml"),
                .embedInCode("Reduction/boilerplate.yaml"),
                // The web dashboard: one page, a plain file here and part of the program at run time.
                .embedInCode("WebDashboard/Page/dashboard.html"), .embedInCode("WebDashboard/Page/dashboard.css"),
                .embedInCode("WebDashboard/Page/text.js"), .embedInCode("WebDashboard/Page/state.js"),
                .embedInCode("WebDashboard/Page/connection.js"), .embedInCode("WebDashboard/Page/views.js"),
                .embedInCode("WebDashboard/Page/alerts.js"), .embedInCode("WebDashboard/Page/charts.js"),
                .embedInCode("WebDashboard/Page/overview.js"), .embedInCode("WebDashboard/Page/requests.js"),
                .embedInCode("WebDashboard/Page/router.js"), .embedInCode("WebDashboard/Page/usage.js"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "GatewayCore",
            dependencies: ["CText", "Shared", .product(name: "Crypto", package: "swift-crypto")],
            path: "Sources/ProxyDaemon/Core",
            swiftSettings: strict
        ),
        // A provider that only pretends. It shares no code with the gateway, so that it cannot share its bugs.
        .target(
            name: "Simulator",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Sources/ProxyDaemon/Simulator",
            swiftSettings: strict
        ),
        .target(
            name: "Dashboard",
            dependencies: ["Shared"],
            path: "Sources/GatewayTUI/Dashboard",
            swiftSettings: strict
        ),
        .target(name: "Shared", swiftSettings: strict),

        // MARK: C libraries, beside the one ring that may import them
        .systemLibrary(
            name: "CCurl",
            path: "Sources/ProxyDaemon/CLibraries/CCurl",
            providers: [.apt(["libcurl4-openssl-dev"])]
        ),
        .systemLibrary(
            name: "CHiredis",
            path: "Sources/ProxyDaemon/CLibraries/CHiredis",
            providers: [.apt(["libhiredis-dev"])]
        ),
        .target(name: "CKernels", path: "Sources/ProxyDaemon/CLibraries/CKernels"),
        .systemLibrary(
            name: "CNcurses",
            path: "Sources/GatewayTUI/CLibraries/CNcurses",
            providers: [.apt(["libncurses-dev"])]
        ),
        .systemLibrary(
            name: "CPQ",
            path: "Sources/ProxyDaemon/CLibraries/CPQ",
            pkgConfig: "libpq",
            providers: [.apt(["libpq-dev"])]
        ),
        .target(name: "CProgram", path: "Sources/ProxyDaemon/CLibraries/CProgram"),
        .systemLibrary(
            name: "CSQLite",
            path: "Sources/ProxyDaemon/CLibraries/CSQLite",
            providers: [.apt(["libsqlite3-dev"])]
        ),
        .target(name: "CText", path: "Sources/ProxyDaemon/CLibraries/CText"),
        .systemLibrary(
            name: "CZlib",
            path: "Sources/ProxyDaemon/CLibraries/CZlib",
            providers: [.apt(["zlib1g-dev"])]
        ),
        .systemLibrary(
            name: "CZstd",
            path: "Sources/ProxyDaemon/CLibraries/CZstd",
            providers: [.apt(["libzstd-dev"])]
        ),

        // MARK: Unit tests (black-box tests of the built programs are in Tests/BlackBox)
        .testTarget(name: "SharedTests", dependencies: ["Shared"], swiftSettings: strict),
        .testTarget(
            name: "GatewayCoreTests",
            dependencies: ["GatewayCore", "Shared"],
            exclude: [
                "Classification/router.golden.json", "Quality/answers.jsonl", "Quality/fresh.jsonl",
                "Quality/unseen.jsonl", "Quality/unseen2.jsonl",
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "GatewayIOTests",
            dependencies: [
                "CKernels", "CKernelsRehearsal", "CZlib", "EmbeddingFixtures", "GatewayCore", "GatewayIO", "Shared",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            exclude: ["Fixtures"],
            swiftSettings: strict
        ),
        .target(
            name: "EmbeddingFixtures",
            dependencies: ["GatewayCore"],
            path: "Tests/EmbeddingFixtures",
            swiftSettings: strict
        ),
        .target(name: "CKernelsRehearsal", dependencies: ["CKernels"], path: "Tests/CKernelsRehearsal"),
        .testTarget(name: "DashboardTests", dependencies: ["Dashboard", "Shared"], swiftSettings: strict),
        .testTarget(
            name: "SimulatorTests",
            dependencies: [
                "Simulator",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
    ]
)

// What the fuzzers and the tests that replay their corpora need.
let fuzzing: [Target.Dependency] = [
    "CZlib", "Dashboard", "GatewayCore", "GatewayIO", "Shared",
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOEmbedded", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
]

// `make fuzz` alone sets FUZZ: no other build knows of libFuzzer, nor of the flags that lead it. What is fuzzed is optimised in a
// debug build, too, but with FUZZ=quick, which is built in half of the time. Of two -sanitize flags only the last would count.
if Context.environment["FUZZ"] == nil {
    package.targets.append(
        .testTarget(
            name: "FuzzReplayTests",
            dependencies: fuzzing,
            path: "Tests/Fuzz",
            exclude: ["FuzzRun.swift", "corpus", "dictionaries", "main.swift"],
            swiftSettings: strict
        )
    )
} else {
    let optimising = Context.environment["FUZZ"] == "quick" ? [] : ["-O"]
    let led: [SwiftSetting] = [.unsafeFlags(optimising + ["-enable-testing", "-sanitize=fuzzer,address"])]
    let fuzzed: Set = ["Dashboard", "GatewayCore", "GatewayIO", "Shared"]
    for target in package.targets where fuzzed.contains(target.name) {
        target.swiftSettings = (target.swiftSettings ?? []) + led
    }
    // What compiled code tells libFuzzer at its start goes by way of FuzzCoverage.
    let told = ["__sanitizer_cov_8bit_counters_init", "__sanitizer_cov_pcs_init"]
        .flatMap { ["-Xlinker", "--wrap=\($0)"] }
    package.targets += [
        .target(name: "FuzzCoverage", path: "Tests/FuzzCoverage"),
        .executableTarget(
            name: "fuzz",
            dependencies: fuzzing + ["FuzzCoverage"],
            path: "Tests/Fuzz",
            exclude: ["ReplayTests.swift", "corpus", "dictionaries"],
            swiftSettings: strict + led,
            // The linker that is used otherwise fails on these programs.
            linkerSettings: [.unsafeFlags(["-sanitize=address", "-use-ld=lld"] + told)]
        ),
    ]
}
