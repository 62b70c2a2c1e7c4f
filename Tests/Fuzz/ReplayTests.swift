import Glibc
import Testing

/// The fuzzers' corpora in an ordinary build: it shows that the fuzzers compile and that what they found stays mended, without
/// AddressSanitizer. One after the other, as they tell a common place what they run. A property that is broken ends the tests, as it ends the fuzzer, and names the input.
@Suite(.serialized) struct `Corpora of the fuzzers` {
    private static let directory: String = {
        let here = #filePath
        return here.prefix(through: here.lastIndex(of: "/") ?? here.startIndex) + "corpus"
    }()

    @Test(arguments: FuzzTarget.all.map(\.name))
    func `do no harm`(_ name: String) throws {
        let target = try #require(FuzzTarget.all.first { $0.name == name })
        let inputs = Self.files(in: "\(Self.directory)/\(name)")
        #expect(inputs.count >= 5)
        for input in inputs {
            let bytes = try #require(Self.read(input))
            FuzzInput.name = input
            target.run(Array(bytes.prefix(target.maximumBytes)))
        }
    }

    private static func files(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append("\(directory)/\(name)") }
        }
        return names.sorted()
    }

    private static func read(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&piece, 1, piece.count, file), count > 0 { bytes += piece[..<count] }
        return bytes
    }
}
