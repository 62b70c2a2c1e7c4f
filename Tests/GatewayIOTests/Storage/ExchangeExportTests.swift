import GRDB
import GatewayCore
import Glibc
import Shared
import Testing

@testable import GatewayIO

@Suite struct `An export of exchanges` {
    private let scratch: DiskScratch
    private var file: String { "\(scratch.path)/state/gateway.db" }

    init() throws { scratch = try DiskScratch() }

    private func export(_ format: ExchangeFormat, since: Int64 = 0, project: String? = nil) throws -> String {
        var bytes: [UInt8] = []
        try ExchangeFile.export(file, sinceUnixMilliseconds: since, project: project, format: format) { bytes += $0 }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `has every column`() async throws {
        let books = Books(file)
        var row = ExchangeRow.number(1, project: "a,b")
        row.summary.prompt = "=1+1 \"x\"\ny"
        row.summary.usageIsEstimated = true
        books.exchanges.record(row)
        await books.written()
        #expect(
            try export(.jsonl) == """
                {"id":"id-1","unix_ms":1800000001000,"kind":"exchange","project":"a,b","key_fingerprint":"abc",\
                "dialect":"anthropic","requested_model":"auto","model":"haiku-4","backend":"haiku","provider":"anthropic",\
                "tier":"fast","score":null,"classifier":"n/a","cache":"none","status":200,"stop_reason":null,"stream":false,\
                "latency_ms":0.0,"first_byte_ms":0.0,"input_tokens":10,"cache_read_tokens":0,"cache_write_5m_tokens":0,\
                "cache_write_1h_tokens":0,"output_tokens":5,"usage_is_estimated":true,"escalations":0,\
                "cost_usd":0.000000001,"baseline_usd":0.000001,"saved_usd":0.000000999,"classifier_usd":0.00,\
                "shadow_usd":0.00,"judge_usd":0.00,"escalation_usd":0.00,"cache_check_usd":0.00,"wrong_hit_usd":0.00,\
                "own_input_tokens":0,"own_cache_read_tokens":0,\
                "own_cache_write_5m_tokens":0,"own_cache_write_1h_tokens":0,"own_output_tokens":0,\
                "saved_response_limits":0,"saved_ide_boilerplate":0,"saved_file_deduplication":0,\
                "saved_context_pruning":0,"is_simulated":false,"workflow_run":null,"workflow":null,"workflow_op":null,\
                "error":null,"prompt":"=1+1 \\"x\\"\\ny","is_demo":false}

                """
        )
        let csv = try export(.csv)
        #expect(csv.hasPrefix("id,unix_ms,kind,project,key_fingerprint,dialect,"))
        #expect(csv.contains(",prompt,is_demo\r\nid-1,1800000001000,exchange,\"a,b\",abc,anthropic,auto,haiku-4,"))
        #expect(csv.contains(",fast,,n/a,none,200,,false,0.0,0.0,10,0,0,0,5,true,0,0.000000001,0.000001,"))
        // A spreadsheet would take it for a formula.
        #expect(csv.hasSuffix(",,,,,\"'=1+1 \"\"x\"\"\ny\",false\r\n"))
    }

    @Test func `of a file that an older gateway left has nothing where there was nothing`() async throws {
        let books = Books(file)
        books.exchanges.record(.number(1))
        await books.written()
        await books.close()
        try await Books.makeOlder(
            file,
            """
            ALTER TABLE exchanges DROP COLUMN escalation_nanousd;
            DELETE FROM grdb_migrations WHERE identifier = '4';
            """
        )
        let lines = try export(.jsonl)
        #expect(lines.contains("\"judge_usd\":0.00,\"escalation_usd\":0.00,\"cache_check_usd\":0.00,"))
    }

    @Test func `is in the order of time, from a moment on, of one project or all`() async throws {
        let books = Books(file)
        // Written in another order than that of their times, as requests end.
        for number in (1...2_500).reversed() {
            books.exchanges.record(.number(number, project: number.isMultiple(of: 5) ? "five" : "web"))
        }
        await books.written()
        func numbers(_ since: Int, _ project: String? = nil) throws -> [Int] {
            try export(.jsonl, since: ExchangeRow.start + Int64(since) * 1_000, project: project).split(separator: "\n")
                .compactMap { Int($0.dropFirst("{\"id\":\"id-".count).prefix { $0 != "\"" }) }
        }
        #expect(try numbers(0) == Array(1...2_500))
        #expect(try numbers(2_400) == Array(2_400...2_500))
        #expect(try numbers(0, "five") == stride(from: 5, through: 2_500, by: 5).map { $0 })
        #expect(try numbers(2_480, "five") == [2_480, 2_485, 2_490, 2_495, 2_500])
        #expect(try numbers(0, "' OR 1=1 --").isEmpty)
        #expect(try numbers(3_000).isEmpty)
    }

    @Test func `says what is wrong`() throws {
        let missing = #expect(throws: StateFile.Problem.self) { try export(.csv) }
        #expect(missing?.description.contains("is not there") == true)
        scratch.makeStateDirectory()
        let other = try DatabaseQueue(path: file)
        try other.write { try $0.execute(sql: "CREATE TABLE exchanges (a)") }
        try other.close()
        let foreign = #expect(throws: StateFile.Problem.self) { try export(.csv) }
        #expect(foreign?.description == "\(file) holds no exchanges")
    }
}
