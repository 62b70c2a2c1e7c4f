import GatewayCore
import Glibc
import Testing

@testable import GatewayIO

/// A file of tensors in memory, at an address that a mapping could have.
private final class Sample {
    let bytes: UnsafeRawBufferPointer

    init(_ header: String, data: Int, headerBytes: UInt64? = nil) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 8 + header.utf8.count + data, alignment: 8)
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        memory.storeBytes(of: (headerBytes ?? UInt64(header.utf8.count)).littleEndian, as: UInt64.self)
        for (at, byte) in header.utf8.enumerated() { memory[8 + at] = byte }
        bytes = UnsafeRawBufferPointer(memory)
    }

    deinit { bytes.deallocate() }
}

@Suite struct `A file of tensors` {
    private static let good = #"{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}       "#

    @Test func `gives the numbers of a tensor`() throws {
        let sample = Sample(Self.good, data: 24)
        let start = 8 + Self.good.utf8.count
        UnsafeMutableRawBufferPointer(mutating: sample.bytes).storeBytes(
            of: 2.5,
            toByteOffset: start + 20,
            as: Float.self
        )
        let file = try TensorFile(sample.bytes)
        #expect(try file.floats("a", 2, 3)[5] == 2.5)
        #expect(throws: ModelProblem.self) { try file.floats("b", 2, 3) }
        #expect(throws: ModelProblem.self) { try file.floats("a", 3, 2) }
        #expect(throws: ModelProblem.self) { try file.floats("a", 6) }
    }

    @Test(
        arguments: [
            // Lengths of the header beyond the file, beyond what is allowed, and beyond an Int.
            (good, 24, 65 + 24 + 1), (good, 24, 1_048_577), (good, 24, UInt64.max), (good, 24, UInt64(Int64.max)),
            (good, 24, 10), ("", 0, nil), ("[]", 0, nil), ("{", 0, nil), ("nothing", 4, nil),
            // Data that is cut short, and data that is too long.
            (good, 23, nil), (good, 20, nil), (good, 0, nil), (good, 28, nil),
            // Shapes that do not fit their place, overflow, or are none.
            (#"{"a":{"dtype":"F32","shape":[2,4],"data_offsets":[0,24]}}"#, 24, nil),
            (#"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,24]}}"#, 24, nil),
            (#"{"a":{"dtype":"F32","shape":[-2,-3],"data_offsets":[0,24]}}"#, 24, nil),
            (#"{"a":{"dtype":"F32","shape":[2.0,3],"data_offsets":[0,24]}}"#, 24, nil),
            (#"{"a":{"dtype":"F32","shape":6,"data_offsets":[0,24]}}"#, 24, nil),
            (#"{"a":{"dtype":"F99","shape":[2,3],"data_offsets":[0,24]}}"#, 24, nil),
            (#"{"a":{"shape":[2,3],"data_offsets":[0,24]}}"#, 24, nil),
            // Places that go backwards, are half there, leave a gap, overlap, or start before the data.
            (#"{"a":{"dtype":"F32","shape":[0],"data_offsets":[24,0]}}"#, 24, nil),
            (#"{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[24]}}"#, 24, nil),
            (#"{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[4,28]}}"#, 28, nil),
            (#"{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[-24,0]}}"#, 24, nil),
            (
                #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
                4, nil
            ),
            (
                #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#,
                8, nil
            ),
        ] as [(String, Int, UInt64?)]
    )
    func `is refused where its header does not fit it`(header: String, data: Int, headerBytes: UInt64?) {
        let sample = Sample(header, data: data, headerBytes: headerBytes)
        #expect(throws: ModelProblem.self) { try TensorFile(sample.bytes) }
    }

    @Test func `is refused at every length but its own`() {
        let sample = Sample(Self.good, data: 24)
        for count in 0..<sample.bytes.count {
            #expect(throws: ModelProblem.self) {
                try TensorFile(UnsafeRawBufferPointer(rebasing: sample.bytes[..<count]))
            }
        }
    }

    @Test func `has its numbers where a float can be read`() throws {
        let sample = Sample(Self.good + " ", data: 24)
        let file = try TensorFile(sample.bytes)
        #expect(throws: ModelProblem.self) { try file.floats("a", 2, 3) }
    }

    @Test func `never makes the reader read outside of it, whatever its bytes`() {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<2_000 {
            let sample = Sample(Self.good, data: 24)
            let bytes = UnsafeMutableRawBufferPointer(mutating: sample.bytes)
            for _ in 0..<3 {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            guard let file = try? TensorFile(sample.bytes), let floats = try? file.floats("a", 2, 3) else { continue }
            let end = UnsafeRawPointer(floats) + 24
            #expect(sample.bytes.baseAddress.map { end <= $0 + sample.bytes.count } == true)
        }
    }
}

/// Random numbers that are the same in every run (Marsaglia's xorshift).
private struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
