import Shared
import Testing

@testable import GatewayCore

@Suite struct `The validation of workflows` {
    @Test func `takes what holds together and knows every edge from both sides`() throws {
        var draft = WorkflowDraft.diamond()
        // b is named by a alone, d's edge from c by both.
        draft["b"].inputs = nil
        draft["a"].outputs = ["b"]
        draft["c"].outputs = ["d"]
        let workflow = try Workflow(draft, maxOps: 4)
        #expect(workflow.steps.map(\.inputs) == [[], [0], [0], [1, 2]])
        #expect(workflow.steps.map(\.dependents) == [[1, 2], [3], [3], []])
        #expect(workflow.starts == [0] && workflow.ends == [3])
    }

    @Test func `takes an end that others go on from`() {
        #expect(WorkflowDraft.diamond { $0.endOps = ["a", "d"] }.complaints == [])
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let draft: WorkflowDraft
        /// Each a complaint, whole.
        let complaints: [String]

        init(_ name: String, _ draft: WorkflowDraft, _ complaints: String...) {
            testDescription = name
            self.draft = draft
            self.complaints = complaints
        }
    }

    static let cases = [
        Case("nothing", WorkflowDraft(), "ops: there are none; give at least one op with a prompt"),
        Case(
            "a cycle",
            .diamond { $0["b"].inputs = ["a", "d"] },
            "line 2: the ops b → d → b wait for each other; take one edge away"
        ),
        Case(
            "an op that waits for itself",
            .diamond { $0["d"].outputs = ["d"] },
            "line 4: the ops d → d wait for each other; take one edge away"
        ),
        Case(
            "two cycles",
            .of([("a", []), ("b", ["a", "b"]), ("c", ["b", "d"]), ("d", ["c"])], ends: ["d"]),
            "line 2: the ops b → b wait for each other; take one edge away",
            "line 3: the ops c → d → c wait for each other; take one edge away"
        ),
        Case(
            "an unknown start",
            .diamond { $0.startOps = ["a", "zed"] },
            "start_ops names zed, but there are only the ops a, b, c, d"
        ),
        Case(
            "an unknown end",
            .diamond { $0.endOps = ["d", "zed"] },
            "end_ops names zed, but there are only the ops a, b, c, d"
        ),
        Case(
            "an unknown input",
            .diamond { $0["b"].inputs = ["a", "zed"] },
            "line 2: op b: input_ops names zed, but there are only the ops a, b, c, d"
        ),
        Case(
            "an unknown output",
            .diamond { $0["b"].outputs = ["d", "zed"] },
            "line 2: op b: output_ops names zed, but there are only the ops a, b, c, d"
        ),
        Case(
            "no starts",
            .diamond { $0.startOps = nil },
            "start_ops is missing or empty; name the ops that begin without waiting for others"
        ),
        Case(
            "empty starts",
            .diamond { $0.startOps = [] },
            "start_ops is missing or empty; name the ops that begin without waiting for others"
        ),
        Case(
            "no ends",
            .diamond { $0.endOps = nil },
            "end_ops is missing or empty; name the ops that give the run's final output"
        ),
        Case(
            "a start twice",
            .diamond { $0.startOps = ["a", "a"] },
            "start_ops names a more than once; once is enough"
        ),
        Case(
            "an input twice",
            .diamond { $0["d"].inputs = ["b", "c", "b"] },
            "line 4: op d: input_ops names b more than once; once is enough"
        ),
        Case(
            "two ops of one name",
            .diamond { $0.ops.append(.init(name: "a", line: 5, prompt: "Again.")) },
            "line 5: op a: there is another op of this name; give each op one of its own"
        ),
        Case(
            "an op that nothing starts",
            .diamond {
                $0.ops.append(.init(name: "e", line: 5, prompt: "Wait."))
                $0["d"].inputs = ["b", "c", "e"]
            },
            "line 5: op e: is never started; name it in start_ops, or give it input_ops"
        ),
        Case(
            "ops that no start leads to",
            .diamond {
                $0.ops.append(.init(name: "e", line: 5, prompt: "Wait."))
                $0.ops.append(.init(name: "f", line: 6, prompt: "Wait."))
                $0["f"].inputs = ["e"]
                $0["d"].inputs = ["b", "c", "f"]
            },
            "line 5: op e: is never started; name it in start_ops, or give it input_ops",
            "line 6: op f: no start op leads to it; connect it with one, or name one of the ops before it in start_ops"
        ),
        Case(
            "an op that leads nowhere",
            .diamond {
                $0.ops.append(.init(name: "e", line: 5, prompt: "Talk."))
                $0["e"].inputs = ["b"]
            },
            "line 5: op e: no end op is reached from it; give it output_ops, or name it in end_ops"
        ),
        Case(
            "a start that waits",
            .diamond { $0.startOps = ["a", "b"] },
            "line 2: op b: is in start_ops but waits for a; take it out of start_ops, or the edge away"
        ),
        Case(
            "an op without outputs that has one",
            .diamond { $0["b"].outputs = [] },
            "line 2: op b: its output_ops are [], but input_ops of d name it; keep one of the two"
        ),
        Case(
            "an op without inputs that has one",
            .diamond {
                $0["b"].inputs = []
                $0["a"].outputs = ["b"]
            },
            "line 2: op b: its input_ops are [], but output_ops of a name it; keep one of the two"
        ),
        Case(
            "no prompt",
            .diamond { $0["c"].prompt = nil },
            "line 3: op c: its prompt is empty; say what the model is to do"
        ),
        Case(
            "a blank prompt",
            .diamond { $0["c"].prompt = " \n" },
            "line 3: op c: its prompt is empty; say what the model is to do"
        ),
        Case(
            "an unknown placeholder",
            .diamond { $0["d"].prompt = "Join {{b}} and {{ zed }}." },
            "line 4: op d: its prompt has {{zed}}, but no op has this name; it can have input, b, c"
        ),
        Case(
            "a placeholder of an op that is no input",
            .diamond { $0["d"].prompt = "Join {{a}}." },
            "line 4: op d: its prompt has {{a}}, but that op is none of its inputs; add it to input_ops of d"
        ),
        Case(
            "a name that cannot be one",
            .of([("a b", [])], ends: ["a b"]),
            "line 1: \"a b\" cannot be an op's name: it takes A-Z, a-z, 0-9, . _ - and at most 64 of them"
        ),
        Case(
            "the input's name",
            .of([("input", [])], ends: ["input"]),
            "line 1: op input: the name stands for the run's input; call the op something else"
        ),
        Case(
            "a tier and a model",
            .diamond {
                $0["a"].tier = .fast
                $0["a"].model = "opus"
            },
            "line 1: op a: has both a tier and the model opus; keep one of them"
        ),
    ]

    @Test(arguments: cases) func `tells what is wrong, names the ops and says what to do`(_ bad: Case) {
        #expect(bad.draft.complaints == bad.complaints)
    }

    @Test func `tells all at once`() {
        let draft = WorkflowDraft.diamond {
            $0.startOps = ["zed"]
            $0.endOps = nil
            $0["b"].prompt = ""
            $0["c"].inputs = ["a", "d"]
        }
        let text = WorkflowProblems((try? draft.problems()) ?? []).description
        #expect(text.hasPrefix("4 problems: (1) start_ops names zed"))
        for word in ["end_ops is missing", "op b: its prompt is empty", "d → c → d"] { #expect(text.contains(word)) }
    }

    @Test func `refuses more ops than may be, whatever they are`() {
        let many = WorkflowDraft.of((0..<65).map { ("op\($0)", []) }, ends: ["op0"])
        #expect(many.complaints == ["ops: there are 65, at most 64 may be; split the workflow into several"])
        // So many that looking for their ways would overflow the stack.
        let chain = WorkflowDraft.of((0..<50_000).map { ("op\($0)", $0 > 0 ? ["op\($0 - 1)"] : []) }, ends: ["op0"])
        #expect(chain.complaints.count == 1)
    }

    @Test func `takes the most ops that may be in a row`() {
        let chain = WorkflowDraft.of((0..<64).map { ("op\($0)", $0 > 0 ? ["op\($0 - 1)"] : []) }, ends: ["op63"])
        #expect(chain.complaints == [])
    }
}

extension WorkflowDraft {
    fileprivate func problems() throws -> [WorkflowProblem] {
        do throws(WorkflowProblems) {
            _ = try Workflow(self, maxOps: 64)
            return []
        } catch {
            return error.problems
        }
    }
}

@Suite struct `The prompts of steps` {
    private func text(_ draft: WorkflowDraft, _ op: Int, input: String = "IN") throws -> String {
        let workflow = try Workflow(draft, maxOps: 64)
        let step = workflow.steps[op]
        let blocks = WorkflowPrompt.blocks(of: step, cutAfter: [], input: input) { "<\($0)>" }
        #expect(blocks.texts.count == 1 && blocks.parts.isEmpty)
        let text = blocks.texts.joined()
        #expect(WorkflowPrompt.byteCounts(of: step, input: input) { "<\($0)>" }.last == text.utf8.count)
        return text
    }

    @Test func `hold what ops share first, then what was written, then the task`() throws {
        let draft = WorkflowDraft.diamond()
        #expect(try text(draft, 0) == "# Input\n\nIN\n\n# Task\n\nDo a.")
        #expect(
            try text(draft, 3) == "# Input\n\nIN\n\n# Output of b\n\n<b>\n\n# Output of c\n\n<c>\n\n# Task\n\nDo d."
        )
    }

    @Test(arguments: [
        ("Ask {{input}}!", "Ask IN!"),
        ("{{ c }}{{b}}{{c}}", "<c><b><c>"),
        (#"Write \{{name}} for {{b}}"#, "Write {{name}} for <b>"),
        ("{{ {{b}} }}", "{{ <b> }}"),
        ("{{{b}}}", "{<b>}"),
        ("ü{{b}}ß", "ü<b>ß"),
    ])
    func `put in only what placeholders name`(prompt: String, expected: String) throws {
        #expect(try text(.diamond { $0["d"].prompt = prompt }, 3) == expected)
    }

    @Test(arguments: ["{{}}", "{{ b", "{b}", "{{b }", "{{a|b}}", "{{ not a name }}", "}}{{", "{{"])
    func `leave alone what only looks like a placeholder`(prompt: String) throws {
        #expect(try text(.diamond { $0["d"].prompt = prompt }, 3).hasSuffix("# Task\n\n\(prompt)"))
    }

    @Test func `do not look through what they put in`() throws {
        #expect(try text(.diamond { $0["d"].prompt = "{{input}}{{b}}" }, 3, input: "{{c}}") == "{{c}}<b>")
    }
}
