import FoundationEssentials
import GatewayCore
import NIOCore
import NIOHTTP1
import Testing

@testable import GatewayIO

@Suite struct `The memory for bodies` {
    @Test func `is shared by all, but for the beginning of each, and comes back`() throws {
        let allowance = BodyAllowance()
        let free = BodyShare.freeBytes
        let first = BodyShare(of: allowance, most: 1_000)
        var second: BodyShare? = BodyShare(of: allowance, most: 1_000)
        try first.grow(to: free)
        #expect(allowance.heldBytes == 0)
        try first.grow(to: free + 600)
        try second?.grow(to: free + 400)
        #expect(allowance.heldBytes == 1_000)
        let error = #expect(throws: GatewayError.self) { try first.grow(to: free + 601) }
        #expect(error?.status == 503)
        #expect(allowance.heldBytes == 1_000)
        second = nil
        #expect(allowance.heldBytes == 600)
        try first.grow(to: free + 1_000)
        #expect(allowance.heldBytes == 1_000)
    }

    @Test func `ends a body that has no room`() throws {
        let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: "/")
        let share = BodyShare(of: BodyAllowance(), most: 100)
        let body = try IncomingBody(head, maximumBytes: 1_000_000, share: share)
        try body.append(ByteBuffer(repeating: 0, count: BodyShare.freeBytes + 100))
        #expect(throws: GatewayError.self) { try body.append(ByteBuffer(repeating: 0, count: 1)) }
        #expect(body.bytes.count == BodyShare.freeBytes + 100)
    }

    @Test func `is a quarter of what the machine or its container has`() throws {
        let directory = URL.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        func bytes(_ text: String) throws -> Int {
            let file = directory.appending(path: "limit")
            try Data(text.utf8).write(to: file)
            return MemoryLimit.bytes(files: ["/nowhere/memory.max", file.path])
        }
        let machine = MemoryLimit.bytes(files: [])
        #expect(machine > 0)
        #expect(try bytes("67108864\n") == 67_108_864)
        #expect(try bytes("max\n") == machine)
        #expect(try bytes("9223372036854771712\n") == machine)
        #expect(MemoryLimit.bodyBytes(of: 1 << 30) == 1 << 28)
        #expect(MemoryLimit.bodyBytes(of: 1 << 20) == 1 << 26)
        #expect(MemoryLimit.bodyBytes(of: 1 << 40) == 1 << 30)
    }
}
