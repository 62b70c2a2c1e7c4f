import GRDB
import GatewayCore
import Glibc
import Shared
import Testing

@testable import GatewayIO

@Suite struct `An export of outcomes` {
    private let scratch: DiskScratch
    private var file: String { "\(scratch.path)/state/gateway.db" }

    init() throws { scratch = try DiskScratch() }

    private func export(since: Int64 = 0, limit: Int = .max) throws -> [String] {
        var bytes: [UInt8] = []
        try OutcomeFile.export(file, since: OutcomeCursor(sinceUnixSeconds: since), limit: limit) { bytes += $0 }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    private func problem() -> String? {
        #expect(throws: StateFile.Problem.self) { try export() }?.description
    }

    @Test func `is the same from the file as from the gateway that runs`() async throws {
        let disk = OutcomeDisk(file)
        for number in 1...1_500 { disk.outcomes.record(.number(number)) }
        await disk.written()
        let served = try await disk.lines()
        #expect(served.count == 1_500)
        // Most of it is still in the log beside the file.
        #expect(try export() == served)
        #expect(try export(since: 1_400) == Array(served[1_399...]))
        #expect(try export(limit: 1_200) == Array(served[..<1_200]))
        await disk.outcomes.close()
        #expect(try export() == served)
        #expect(scratch.names.contains("gateway.db"))
    }

    @Test func `does not make the file that is not there`() throws {
        #expect(
            problem()?.hasPrefix("\(file) is not there: a gateway writes it; storage.path says where")
                == true
        )
        #expect(scratch.names.isEmpty)
    }

    @Test func `refuses what is no such database`() async throws {
        scratch.makeStateDirectory()
        scratch.write(Array(repeating: 0x41, count: 5_000), to: "state/gateway.db")
        #expect(problem() == "\(file) cannot be read: file is not a database")
        unlink(file)
        let other = try DatabaseQueue(path: file)
        try await other.write { try $0.execute(sql: "CREATE TABLE routing_outcomes (a)") }
        try other.close()
        #expect(problem() == "\(file) holds no outcomes of routing")
    }

    @Test func `lies where storage.path says, else in the user's state directory`() {
        var storage = Settings.Storage()
        #expect(StoragePlace.database(storage, environment: ["XDG_STATE_HOME": "/s"]) == "/s/llm-gateway/gateway.db")
        #expect(StoragePlace.database(storage, environment: ["HOME": "/h"]) == "/h/.local/state/llm-gateway/gateway.db")
        #expect(StoragePlace.database(storage, environment: [:]) == nil)
        storage.path = "/var/lib/gw/state.db"
        #expect(StoragePlace.database(storage, environment: [:]) == "/var/lib/gw/state.db")
        #expect(StoragePlace.directory(storage, environment: [:]) == "/var/lib/gw")
        #expect(!StoragePlace.isCache(storage))
        storage.path = "/var/lib/gw/cache.db"
        #expect(StoragePlace.isCache(storage))
    }

    @Test func `is switched by the file and the environment`() throws {
        #expect(try loadConfig("").settings.cascade.logsOutcomes)
        #expect(try !loadConfig("cascade: {log_outcomes: no}").settings.cascade.logsOutcomes)
        let environment = ["ANTHROPIC_API_KEY": "k", "CASCADE_LOG_OUTCOMES": "1"]
        #expect(try loadConfig("cascade: {log_outcomes: no}", environment: environment).settings.cascade.logsOutcomes)
    }
}
