import Dispatch
import FoundationEssentials
import GatewayCore

/// The workflows that can be asked for by name: files of a directory, and those that are built into the program. A file comes
/// before a built-in one of the same name. Files are read when they are asked for, on a queue of their own.
package final class WorkflowLibrary: Sendable {
    /// One of them: it, or what is wrong with it.
    struct Entry: Sendable {
        var name: String
        var isBuiltIn: Bool
        var workflow: Result<Workflow, WorkflowProblems>
    }

    /// More files than this are left out of the list.
    private static let mostListed = 500
    private static let maximumNameBytes = 128

    package let directory: String?
    private let maxOps: Int
    private let queue = DispatchQueue(label: "gateway.workflows", qos: .utility)

    package init(directory: String?, maxOps: Int) {
        self.directory = directory
        self.maxOps = maxOps
    }

    /// Where the files are: as configured, else `workflows` beside the configuration file, else
    /// `$XDG_CONFIG_HOME/llm-gateway/workflows`; nil where the environment names no home either.
    package static func directory(
        configured: String?,
        configPath: String?,
        environment: [String: String]
    ) -> String? {
        if let configured { return configured }
        if let configPath {
            guard let slash = configPath.lastIndex(of: "/") else { return "workflows" }
            return configPath[...slash] + "workflows"
        }
        // The XDG base directory specification has relative paths ignored.
        if let config = environment["XDG_CONFIG_HOME"], config.hasPrefix("/") {
            return "\(config)/llm-gateway/workflows"
        }
        guard let home = environment["HOME"], home.hasPrefix("/") else { return nil }
        return "\(home)/.config/llm-gateway/workflows"
    }

    /// All of them, by name.
    func all() async -> [Entry] {
        await withCheckedContinuation { continuation in
            queue.async { [self] in
                let names = Set(files()).union(Self.builtIn.keys).sorted()
                continuation.resume(returning: names.compactMap(entry))
            }
        }
    }

    /// The one with this name. Throws `notFound` with the names that there are, `invalidRequest` for what cannot be a name
    /// and for a workflow that does not hold together.
    func workflow(named name: String) async throws(GatewayError) -> Workflow {
        guard Self.isName(name) else {
            let text = "name: expected 1 to \(Self.maximumNameBytes) of A-Z, a-z, 0-9, . _ - without \"..\""
            throw GatewayError(.invalidRequest(text))
        }
        let found = await withCheckedContinuation { continuation in
            queue.async { [self] in
                let entry = entry(name)
                let known = entry == nil ? Set(files()).union(Self.builtIn.keys).sorted() : []
                continuation.resume(returning: (entry, known))
            }
        }
        guard let entry = found.0 else {
            let list = found.1.prefix(Self.mostListed).joined(separator: ", ")
            throw GatewayError(.notFound("name: there is no workflow \(name); there are \(list)"))
        }
        do throws(WorkflowProblems) { return try entry.workflow.get() } catch {
            throw GatewayError(.invalidRequest("workflow \(name): \(error)"))
        }
    }

    static func isName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= maximumNameBytes && !name.contains("..")
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    // MARK: On the queue

    private func files() -> [String] {
        guard let directory, let names = try? FileManager.default.contentsOfDirectory(atPath: directory) else {
            return []
        }
        let ours = names.filter { $0.hasSuffix(".yaml") && !$0.hasPrefix(".") }.map { String($0.dropLast(5)) }
        return Array(ours.filter(Self.isName).sorted().prefix(Self.mostListed))
    }

    private func entry(_ name: String) -> Entry? {
        if let directory {
            do throws(TextFile.Failure) {
                let text = try TextFile.read("\(directory)/\(name).yaml")
                // A copy of a built-in one is still that.
                let isCopy = Self.builtIn[name].map { text.utf8.elementsEqual($0) } ?? false
                return Entry(name: name, isBuiltIn: isCopy, workflow: check(text))
            } catch {
                guard error.isAbsent else {
                    let problems = WorkflowProblems([WorkflowProblem("its file \(error.problem)")])
                    return Entry(name: name, isBuiltIn: false, workflow: .failure(problems))
                }
            }
        }
        guard let bytes = Self.builtIn[name] else { return nil }
        return Entry(name: name, isBuiltIn: true, workflow: check(String(decoding: bytes, as: UTF8.self)))
    }

    private func check(_ text: String) -> Result<Workflow, WorkflowProblems> {
        do throws(WorkflowProblems) { return .success(try WorkflowText.workflow(yaml: text, maxOps: maxOps)) } catch {
            return .failure(error)
        }
    }

    /// The files of `workflows/` at the top of the repository.
    static let builtIn: [String: [UInt8]] = [
        "code-review-panel": PackageResources.code_review_panel_yaml,
        "map-reduce-summary": PackageResources.map_reduce_summary_yaml,
        "reason-critique-refine": PackageResources.reason_critique_refine_yaml,
        "research-outline-write": PackageResources.research_outline_write_yaml,
        "translate-and-back-check": PackageResources.translate_and_back_check_yaml,
    ]
}
