import GRDB
import GatewayCore
import Shared
import Testing

@testable import GatewayIO

@Suite struct `Rows that answers wait for` {
    private let scratch: DiskScratch
    private var file: String { "\(scratch.path)/state/gateway.db" }

    init() throws { scratch = try DiskScratch() }

    private static func limits(milliseconds: Int = 20_000) -> ExchangeDatabase.Limits {
        var limits = ExchangeDatabase.Limits.quick
        limits.confirms = true
        limits.confirmMilliseconds = milliseconds
        return limits
    }

    @Test func `are on disk when the wait is over`() async throws {
        let books = Books(file, limits: Self.limits())
        for number in 1...50 {
            books.exchanges.record(.number(number))
            await books.exchanges.committed()
            #expect(try writtenIDs(file).last == "id-\(number)")
        }
        #expect(books.exchanges.report == StorageReport(written: 50, unconfirmed: 0))
    }

    @Test func `of many at once are each on disk when their own wait is over`() async throws {
        let books = Books(file, limits: Self.limits())
        await withTaskGroup(of: Bool.self) { group in
            for number in 1...64 {
                group.addTask { [file] in
                    books.exchanges.record(.number(number))
                    await books.exchanges.committed()
                    return (try? writtenIDs(file).contains("id-\(number)")) == true
                }
            }
            for await isThere in group { #expect(isThere) }
        }
        #expect(books.exchanges.report == StorageReport(written: 64, unconfirmed: 0))
    }

    @Test func `are not waited for where nothing was recorded`() async {
        let books = Books(file, limits: Self.limits())
        await books.exchanges.committed()
        #expect(books.exchanges.report.unconfirmed == 0)
    }

    @Test func `are given up after a while on a disk that hangs, and at once when that is known`() async throws {
        let books = Books(file, limits: Self.limits(milliseconds: 20))
        await books.exchanges.database.settled()
        let other = try DatabaseQueue.rude(file)
        try await other.inDatabaseWithoutTransaction("BEGIN EXCLUSIVE")
        books.exchanges.record(.number(1))
        await books.exchanges.committed()
        #expect(books.exchanges.report.unconfirmed == 1)
        await soon { books.exchanges.report.problem != nil }
        books.exchanges.record(.number(2))
        await books.exchanges.committed()
        #expect(books.exchanges.report.unconfirmed == 2)
        try await other.inDatabaseWithoutTransaction("COMMIT")
        await books.written()
        #expect(try writtenIDs(file) == ["id-1", "id-2"])
        books.exchanges.record(.number(3))
        await soon { books.exchanges.report.problem == nil && !books.exchanges.isWaiting }
        #expect(books.exchanges.report == StorageReport(written: 3, unconfirmed: 2))
    }

    @Test func `are not waited for by default`() {
        let books = Books(file)
        #expect(!books.exchanges.confirms && books.exchanges.report.unconfirmed == nil)
    }

    @Test func `a page of the books has what still waits to be written`() async throws {
        var limits = ExchangeDatabase.Limits.quick
        limits.gatherMilliseconds = 3_600_000
        let books = Books(file, limits: limits)
        await books.exchanges.database.settled()
        for number in 1...3 { books.exchanges.record(.number(number)) }
        let page = try await books.exchanges.exchanges(notAfter: .max, limit: 10)
        #expect(Set(page.map(\.id)) == ["id-1", "id-2", "id-3"])
        await books.close()
    }
}
