import CZlib
import GatewayCore
import NIOCore
import NIOHTTP1
import Testing

@testable import GatewayIO

@Suite struct IncomingBodyTests {
    private func head(_ headers: [(String, String)]) -> HTTPRequestHead {
        HTTPRequestHead(version: .http1_1, method: .POST, uri: "/", headers: HTTPHeaders(headers))
    }

    private func read(
        _ bytes: [UInt8],
        encoding: String,
        maximumBytes: Int = 1_000_000,
        step: Int = .max
    ) throws -> [UInt8] {
        let body = try IncomingBody(head([("content-encoding", encoding)]), maximumBytes: maximumBytes)
        var rest = bytes[...]
        while !rest.isEmpty {
            try body.append(ByteBuffer(bytes: rest.prefix(step)))
            rest = rest.dropFirst(step)
        }
        return try body.takeWhole()
    }

    /// zlib's format by its one-call function, which shares nothing with what is tested.
    private func packed(_ bytes: [UInt8]) -> [UInt8] {
        var count = compressBound(uLong(bytes.count))
        var out = [UInt8](repeating: 0, count: Int(count))
        #expect(compress2(&out, &count, bytes, uLong(bytes.count), 9) == Z_OK)
        return Array(out.prefix(Int(count)))
    }

    @Test(arguments: [1, 7, Int.max])
    func unpacksInPieces(step: Int) throws {
        // Longer than the room that is unpacked into.
        let text = (0..<40_000).flatMap { Array("\($0),".utf8) }
        #expect(try read(packed(text), encoding: "deflate", step: step) == text)
        // `gzip` by its name alone: which of the two it is, its first bytes say.
        #expect(try read(packed(text), encoding: "gzip", step: step) == text)
    }

    @Test func fillsTheRoomExactly() throws {
        for count in [65_535, 65_536, 65_537, 131_072] {
            let text = [UInt8](repeating: 0x61, count: count)
            #expect(try read(packed(text), encoding: "deflate") == text)
        }
    }

    @Test func refusesWhatIsBroken() {
        let good = packed(Array("hello, hello, hello".utf8))
        for bad in [Array(good.dropLast()), good + [0], Array("hello".utf8), Array(good.dropLast()) + [0xFF]] {
            let error = #expect(throws: GatewayError.self) { try read(bad, encoding: "deflate") }
            #expect(error?.status == 400)
        }
        let none = #expect(throws: GatewayError.self) { try read([], encoding: "gzip") }
        #expect(none?.status == 400)
    }

    @Test func refusesBombs() {
        // 64 MiB of spaces come to about 64 KiB: a thousand to one.
        let bomb = packed([UInt8](repeating: 0x20, count: 67_108_864))
        let error = #expect(throws: GatewayError.self) {
            try read(bomb, encoding: "gzip", maximumBytes: 100_000_000, step: 65_536)
        }
        #expect(error?.message == "the body unpacks to more than 100 times its size")
        let small = #expect(throws: GatewayError.self) { try read(bomb, encoding: "gzip", maximumBytes: 1_000_000) }
        #expect(small?.status == 413)
    }

    @Test("many pieces are not copied with each that comes, whoever else holds the body")
    func staysInItsPlace() throws {
        let body = try IncomingBody(head([("content-length", "1000000")]), maximumBytes: 1_000_000)
        let states = [body, body]
        try body.append(ByteBuffer(repeating: 0x61, count: 100))
        let place = body.bytes.withUnsafeBufferPointer { $0.baseAddress }
        for _ in 1..<10_000 { try body.append(ByteBuffer(repeating: 0x61, count: 100)) }
        #expect(body.bytes.withUnsafeBufferPointer { $0.baseAddress } == place)
        #expect(try states[1].takeWhole().count == 1_000_000)
        #expect(body.bytes.isEmpty)
    }

    @Test func boundsPlainBodies() throws {
        let long = #expect(throws: GatewayError.self) {
            try IncomingBody(head([("content-length", "11")]), maximumBytes: 10)
        }
        #expect(long?.status == 413)
        let body = try IncomingBody(head([]), maximumBytes: 10)
        try body.append(ByteBuffer(repeating: 0x61, count: 10))
        #expect(body.receivedBytes == 10)
        #expect(throws: GatewayError.self) { try body.append(ByteBuffer(repeating: 0x61, count: 1)) }
        let strange = #expect(throws: GatewayError.self) {
            try IncomingBody(head([("content-encoding", "br")]), maximumBytes: 10)
        }
        #expect(strange?.status == 415)
    }

    @Test func aBombIsMeasuredOnlyBeyondTheHarmless() {
        #expect(!PackedBody.isBomb(packed: 1, unpacked: 2_097_152))
        #expect(PackedBody.isBomb(packed: 20_972, unpacked: 2_097_300))
        #expect(!PackedBody.isBomb(packed: 20_973, unpacked: 2_097_300))
    }
}

@Suite struct DescriptorTests {
    @Test(arguments: [(64, 30, 9), (1_024, 40, 484), (40, 30, 1), (20_000, 60, 9_962)])
    func leavesRoomForProvidersAndFiles(limit: Int, open: Int, clients: Int) {
        #expect(Descriptors.clients(limit: limit, open: open) == clients)
    }
}
