import GatewayCore
import GatewayIO
import Glibc
import Testing

/// A directory that is gone after the test.
private final class ScratchDirectory: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/state-files-XXXXXX".utf8CString)
        path = try #require(mkdtemp(&template).map { String(cString: $0) })
    }

    deinit {
        for name in Self.names(in: path + "/state") { unlink("\(path)/state/\(name)") }
        rmdir(path + "/state")
        unlink(path + "/state")
        rmdir(path)
    }

    static func names(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    func write(_ text: String, to name: String) {
        let descriptor = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        _ = text.withCString { Glibc.write(descriptor, $0, strlen($0)) }
        close(descriptor)
    }

    func mode(_ name: String) -> mode_t? {
        var status = stat()
        return lstat("\(path)/\(name)", &status) == 0 ? status.st_mode : nil
    }
}

@Suite struct `Files of kept state` {
    private let scratch: ScratchDirectory
    private let files: StateFiles

    init() throws {
        scratch = try ScratchDirectory()
        files = StateFiles(directory: scratch.path + "/state")
    }

    @Test func `hold what was saved last`() async throws {
        #expect(await files.load("one") == nil)
        try await files.save([1, 2, 3], as: "one")
        try await files.save([], as: "two")
        try await files.save([4], as: "one")
        #expect(await files.load("one") == [4])
        #expect(await files.load("two") == [])
        #expect(await StateFiles(directory: files.directory).load("one") == [4])
        #expect(ScratchDirectory.names(in: files.directory).sorted() == ["one", "two"])
    }

    @Test func `of demo mode stand beside the others`() async throws {
        let demo = StateFiles(directory: files.directory, isDemo: true)
        try await files.save([1], as: "budgets")
        try await demo.save([2], as: "budgets")
        #expect(await files.load("budgets") == [1])
        #expect(await demo.load("budgets") == [2])
        #expect(ScratchDirectory.names(in: files.directory).sorted() == ["budgets", "demo-budgets"])
    }

    @Test func `hold documents of some megabytes`() async throws {
        let document = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try await files.save(document, as: "large")
        #expect(await files.load("large") == document)
    }

    @Test func `are the user's alone`() async throws {
        mkdir(files.directory, 0o755)
        scratch.write("old", to: "state/one")
        try await files.save([1], as: "one")
        #expect(scratch.mode("state").map { $0 & 0o777 } == 0o700)
        #expect(scratch.mode("state/one").map { $0 & 0o777 } == 0o600)
    }

    @Test(arguments: ["", "..", "a/b", "/etc/passwd", "A", "a.b", "a\0b", "é", String(repeating: "a", count: 65)])
    func `have plain names`(name: String) async throws {
        let error = await #expect(throws: StateStoreError.self) { try await files.save([1], as: name) }
        #expect(error?.description.contains("cannot be a file's name") == true)
        #expect(await files.load(name) == nil)
        #expect(scratch.mode("state") == nil)
    }

    @Test func `have a bounded size`() async throws {
        let document = [UInt8](repeating: 0, count: StateFiles.maximumBytes + 1)
        let error = await #expect(throws: StateStoreError.self) { try await files.save(document, as: "large") }
        #expect(error?.description.contains("16777217 bytes are over the limit of 16777216") == true)
        try await files.save([1], as: "large")
        #expect(truncate("\(files.directory)/large", StateFiles.maximumBytes + 1) == 0)
        #expect(await files.load("large") == nil)
    }

    @Test func `in a place that is no directory cannot be saved, and the error says what to do`() async throws {
        scratch.write("in the way", to: "state")
        let error = await #expect(throws: StateStoreError.self) { try await files.save([1], as: "one") }
        let text = error?.description ?? ""
        #expect(text.contains("cannot use \(files.directory)"))
        #expect(text.hasSuffix("kept in memory only until \(files.directory) is a directory this user can write to"))
        #expect(await files.load("one") == nil)
    }

    @Test func `that cannot be replaced leave nothing behind`() async throws {
        try await files.save([1], as: "other")
        mkdir("\(files.directory)/one", 0o700)
        let error = await #expect(throws: StateStoreError.self) { try await files.save([2], as: "one") }
        #expect(error?.description.contains("cannot replace") == true)
        #expect(ScratchDirectory.names(in: files.directory).sorted() == ["one", "other"])
        #expect(await files.load("one") == nil)
        rmdir("\(files.directory)/one")
        try await files.save([2], as: "one")
        #expect(await files.load("one") == [2])
    }

    @Test func `are read neither through links nor from pipes`() async throws {
        try await files.save([1], as: "one")
        #expect(symlink("\(files.directory)/one", "\(files.directory)/link") == 0)
        #expect(mkfifo("\(files.directory)/pipe", 0o600) == 0)
        #expect(await files.load("link") == nil)
        #expect(await files.load("pipe") == nil)
        // Saving takes the link's place and leaves what it pointed at alone.
        try await files.save([2], as: "link")
        #expect(await files.load("link") == [2])
        #expect(await files.load("one") == [1])
    }

    @Test func `of several daemons are always whole`() async throws {
        let other = StateFiles(directory: files.directory)
        let first = [UInt8](repeating: 1, count: 100_000)
        let second = [UInt8](repeating: 2, count: 50_000)
        try await files.save(first, as: "one")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask { try await files.save(first, as: "one") }
                group.addTask { try await other.save(second, as: "one") }
                group.addTask {
                    let seen = await other.load("one")
                    #expect(seen == first || seen == second)
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func `left half written by a daemon that died are removed`() async throws {
        mkdir(files.directory, 0o700)
        // Process numbers end below 2^22 on Linux.
        for name in ["one.4194399.0.tmp", "one.\(getpid()).77.tmp", "one.tmp", "one"] {
            scratch.write("x", to: "state/\(name)")
        }
        let next = StateFiles(directory: files.directory)
        #expect(await next.load("one") == [UInt8(ascii: "x")])
        let left = ScratchDirectory.names(in: files.directory).sorted()
        #expect(left == ["one", "one.\(getpid()).77.tmp", "one.tmp"])
    }

    @Test func `are under the state home of the user`() {
        #expect(
            StateFiles.standardDirectory(environment: ["XDG_STATE_HOME": "/s", "HOME": "/h"]) == "/s/llm-gateway"
        )
        let fallback = "/h/.local/state/llm-gateway"
        #expect(StateFiles.standardDirectory(environment: ["XDG_STATE_HOME": "s", "HOME": "/h"]) == fallback)
        #expect(StateFiles.standardDirectory(environment: ["XDG_STATE_HOME": "", "HOME": "/h"]) == fallback)
        #expect(StateFiles.standardDirectory(environment: [:]) == nil)
    }
}
