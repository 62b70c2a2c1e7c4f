import FoundationEssentials
import GatewayCore
import Shared
import Testing

@testable import GatewayIO

@Suite struct `Workflows as text` {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private func complaints(_ yaml: String) -> String {
        do throws(WorkflowProblems) {
            _ = try WorkflowText.workflow(yaml: yaml, maxOps: 64)
            return ""
        } catch {
            return error.description
        }
    }

    @Test func `have every member of an op`() throws {
        let workflow = try WorkflowText.workflow(
            yaml: """
                description: all of it
                system: "Be brief."
                start_ops: [a]
                end_ops: [b]
                ops:
                  a:
                    prompt: "  $HOME stays, white space too "
                    tier: 1
                    max_tokens: 77
                    temperature: 0.70
                    timeout_sec: 9
                    retries: 0
                    skill: quick-fix
                  b: {prompt: "{{a}}", model: opus, system: Other., input_ops: [a]}
                """,
            maxOps: 64
        )
        let (first, second) = (workflow.steps[0], workflow.steps[1])
        #expect(workflow.purpose == "all of it" && first.system == "Be brief." && second.system == "Other.")
        #expect(first.op.prompt == "  $HOME stays, white space too ")
        #expect(first.op.tier == .fast && first.op.maxTokens == 77 && first.op.temperature == "0.7")
        #expect(first.op.timeoutSeconds == 9 && first.op.retries == 0 && first.op.skill == "quick-fix")
        #expect(second.op.model == "opus" && second.op.maxTokens == 1_024 && second.op.retries == 2)
        #expect(second.op.tier == nil && second.op.temperature == nil && second.op.timeoutSeconds == nil)
    }

    @Test func `tell of every mistake of reading and of sense at once, with lines`() {
        let text = complaints(
            """
            start_ops: [zed]
            end_ops: [a]
            colour: red
            ops:
              a:
                prompt: x
                tier: 9
                retries: six
            """
        )
        #expect(text.hasPrefix("4 problems: (1) line 3: colour: unknown key"))
        for part in ["line 7: ops.a.tier: expected", "line 8: ops.a.retries: expected", "start_ops names zed"] {
            #expect(text.contains(part), "\(part) in \(text)")
        }
    }

    @Test(arguments: [
        "a: &x 1\nb: *x", "a: [&x 1, *x]", "{a: &x {b: c}, d: *x}", "a: !!str &x y\n? *x\n: z", "&x a: b\nc: *x ",
        "a: &x\n  - b\nc: *x\r\n",
    ])
    func `with aliases are refused`(yaml: String) {
        #expect(Set(YAMLAliases.uses(in: yaml).keys) == ["x"])
        #expect(complaints(yaml).contains("anchors and aliases"))
    }

    @Test(arguments: [
        "a: this & that * those", "a: int *x = &x;", "a: AT&T and *T*", "a: **bold** and &amp; *amp*", "a: &x 1",
        "a: x && *y",
        "a: f(&x, *x)",
    ])
    func `that only look as if they had aliases are not`(yaml: String) {
        #expect(YAMLAliases.uses(in: yaml).isEmpty)
    }

    @Test(arguments: ["[", "{a: ", "- ", "? ", "a:\n "], [10, 999, 1_001, 20_000])
    func `nested however deep are refused without harm`(piece: String, count: Int) async {
        // On a thread as small as those that serve requests.
        let text = await Task.detached { complaints(String(repeating: piece, count: count)) }.value
        #expect(!text.isEmpty)
    }

    @Test(arguments: 0..<300) func `cut, doubled or scrambled never trap`(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let names = WorkflowLibrary.builtIn.keys.sorted()
        var bytes = WorkflowLibrary.builtIn[names[Int(seed) % names.count]] ?? []
        for _ in 0..<Int.random(in: 1...8, using: &random) {
            guard !bytes.isEmpty else { break }
            let at = Int.random(in: bytes.indices, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes.removeSubrange(at..<min(bytes.count, at + Int.random(in: 1...200, using: &random)))
            case 1: bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + 80)], at: at)
            case 2: bytes[at] = "{}[]&*!|>:-?\n\t\"'#%@`".utf8.randomElement(using: &random) ?? 0
            default: bytes[at] = UInt8.random(in: 0..<128, using: &random)
            }
        }
        _ = complaints(String(decoding: bytes, as: UTF8.self))
    }

    @Test func `that are built in are the files at the top, and hold together`() throws {
        let directory = Self.root.appendingPathComponent("workflows").path
        let files = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
        #expect(files == WorkflowLibrary.builtIn.keys.map { $0 + ".yaml" }.sorted())
        for (name, bytes) in WorkflowLibrary.builtIn {
            let text = try TextFile.read("\(directory)/\(name).yaml")
            #expect(text == String(decoding: bytes, as: UTF8.self))
            #expect(complaints(text) == "")
            #expect(try WorkflowText.workflow(yaml: text, maxOps: 64).purpose != nil)
        }
    }

    @Test func `stay built in as copies beside the configuration, and not once they are changed`() async throws {
        let copies = WorkflowLibrary(directory: Self.root.appendingPathComponent("workflows").path, maxOps: 64)
        let listed = await copies.all()
        #expect(listed.count == WorkflowLibrary.builtIn.count && listed.allSatisfy(\.isBuiltIn))
        let scratch = try DiskScratch()
        let changed =
            try TextFile.read(Self.root.appendingPathComponent("workflows/code-review-panel.yaml").path) + "\n"
        try Data(changed.utf8).write(to: URL(filePath: "\(scratch.path)/code-review-panel.yaml"))
        let mixed = await WorkflowLibrary(directory: scratch.path, maxOps: 64).all()
        #expect(mixed.filter { !$0.isBuiltIn }.map(\.name) == ["code-review-panel"])
    }

    @Test func `are looked for where the documentation says`() {
        func place(_ configured: String?, _ config: String?, _ environment: [String: String]) -> String? {
            WorkflowLibrary.directory(configured: configured, configPath: config, environment: environment)
        }
        let home = ["HOME": "/home/me"]
        #expect(place("/w", "/etc/g/config.yaml", home) == "/w")
        #expect(place(nil, "/etc/g/config.yaml", home) == "/etc/g/workflows")
        #expect(place(nil, "config.yaml", home) == "workflows")
        #expect(place(nil, nil, home) == "/home/me/.config/llm-gateway/workflows")
        #expect(place(nil, nil, ["XDG_CONFIG_HOME": "/x"]) == "/x/llm-gateway/workflows")
        #expect(place(nil, nil, ["XDG_CONFIG_HOME": "x"]) == nil)
    }

    @Test(arguments: ["a", "A.b-c_9", String(repeating: "n", count: 128)]) func `may have plain names`(name: String) {
        #expect(WorkflowLibrary.isName(name))
    }

    @Test(arguments: ["", "a/b", "..", "a..b", "a b", "ä", "a\u{0}", "~", String(repeating: "n", count: 129)])
    func `may have no name that leads elsewhere`(name: String) {
        #expect(!WorkflowLibrary.isName(name))
    }
}
