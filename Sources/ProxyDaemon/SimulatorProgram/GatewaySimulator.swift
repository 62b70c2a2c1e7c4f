import ArgumentParser
import Dispatch
import NIOCore
import NIOPosix
import Shared
import Simulator

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

@main
struct GatewaySimulator: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gateway-simulator",
        abstract: "Speaks Anthropic's Messages API and pretends to be Claude models.",
        discussion: """
            Every answer says that it is simulated. The last user message can tell the simulator what to do by a marker \
            such as [[simulate: refuse]], with words separated by spaces; the header x-simulate does the same and wins:

            \(SimulatorOptions.directiveHelp)
            """,
        version: GatewayVersion.headerValue
    )

    @Option(help: "The port to listen on; 0 for any free one.")
    var port = 8099

    @Option(help: "The name or address to listen on.")
    var host = "127.0.0.1"

    @Option(help: "With the same seed, the same request gets the same text.")
    var seed: UInt64 = 1

    @Option(help: "Time scale: 1 waits as long as the models do, 0 not at all.")
    var speed = 1.0

    func validate() throws {
        guard (0...65535).contains(port) else { throw ValidationError("--port must be 0 to 65535.") }
        guard speed.isFinite, speed >= 0 else { throw ValidationError("--speed must be 0 or more.") }
    }

    func run() async throws {
        let (signals, continuation) = AsyncStream<Void>.makeStream()
        let sources = Self.catchSignals(continuation)
        defer { for source in sources { source.cancel() } }
        let server: SimulatorServer
        do {
            server = try await SimulatorServer.start(
                host: host,
                port: port,
                group: MultiThreadedEventLoopGroup.singleton,
                options: SimulatorOptions(seed: seed, speed: speed)
            )
        } catch {
            Self.write("gateway-simulator: \(Self.reason(error, host: host, port: port))", to: STDERR_FILENO)
            throw ExitCode(1)
        }
        let shownHost = host.contains(":") ? "[\(host)]" : host
        let address = "http://\(shownHost):\(server.port)"
        Self.write("gateway-simulator: simulated Anthropic API on \(address)", to: STDOUT_FILENO)
        for await _ in signals { break }
        try await server.stop()
    }

    /// Writes a line at once: a reader at the other end of a pipe waits for it.
    private static func write(_ line: String, to descriptor: Int32) {
        let bytes = Array("\(line)\n".utf8)
        // Nobody can be told when this fails.
        _ = bytes.withUnsafeBytes { unistdWrite(descriptor, $0.baseAddress, $0.count) }
    }

    private static func reason(_ error: any Error, host: String, port: Int) -> String {
        if let error = error as? IOError, error.errnoCode == EADDRINUSE {
            return "port \(port) on \(host) is in use"
        }
        return "cannot listen on \(host), port \(port): \(error)"
    }

    /// Has the signals that end a program delivered to a stream, for as long as the sources live.
    private static func catchSignals(_ stream: AsyncStream<Void>.Continuation) -> [any DispatchSourceSignal] {
        [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { stream.yield() }
            source.resume()
            return source
        }
    }
}

/// The C function, which a method of the same name hides.
private func unistdWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}
