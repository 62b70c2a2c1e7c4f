import FoundationEssentials
package import Shared

/// A prompt that is kept under a name, with what it asks for.
package struct SavedPrompt: Sendable, Hashable, Codable {
    package var name: String
    package var prompt: String
    package var model: String?
    package var tier: Tier?
    package var skill: String?
    package var classifierMode: String?

    private enum CodingKeys: String, CodingKey {
        case name
        case prompt
        case model
        case tier
        case skill
        case classifierMode = "classifier_mode"
    }

    /// The same with what is shown or sent made harmless: the file may have been written by hand.
    var safe: SavedPrompt {
        SavedPrompt(
            name: name.safeToShow(limit: PromptShelf.maximumName),
            prompt: PlainText.sanitized(prompt, keepNewlines: true),
            model: model?.safeToShow(limit: 200),
            tier: tier,
            skill: skill?.safeToShow(limit: 64),
            classifierMode: classifierMode?.safeToShow(limit: 40)
        )
    }
}

/// What is done with the files of prompts. Each reads the file first, as another dashboard may have written it since.
package enum PromptFileRequest: Sendable, Hashable {
    case list
    /// One of the same name is replaced only if it may be.
    case save(SavedPrompt, mayReplace: Bool)
    case delete(name: String)
    /// The prompts that were sent before, for the editor's history.
    case recall
    case remember(String)
}

/// What came of it.
package enum PromptFileAnswer: Sendable, Hashable {
    case listed([SavedPrompt])
    case saved(name: String)
    /// Nothing was written: there is one of this name.
    case exists(SavedPrompt)
    case deleted(name: String, [SavedPrompt])
    /// Oldest first.
    case recalled([String])
    case remembered
    /// Nothing was changed. What it was about, and why, for a person.
    case failed(PromptFileRequest, reason: String)
}

/// Why a file of prompts is left alone.
package struct PromptFileProblem: Error, Sendable, Hashable {
    package let message: String
}

/// The saved prompts, in the order of their names: what `prompts.json` holds.
package struct PromptShelf: Sendable, Hashable {
    package static let fileName = "prompts.json"
    package static let maximumBytes = 8_388_608
    static let maximumName = 60
    private static let maximumPrompts = 500

    private struct File: Codable {
        var version: Int
        var prompts: [SavedPrompt]
    }

    package private(set) var prompts: [SavedPrompt] = []

    /// Reads the file's text; nil where there is no file yet.
    ///
    /// - Throws: what is wrong with it. Then it must not be overwritten: a person may mend it.
    package init(parsing text: String?) throws(PromptFileProblem) {
        guard let text else { return }
        let file: File
        do {
            file = try JSONDecoder().decode(File.self, from: Data(text.utf8))
        } catch {
            throw PromptFileProblem(message: "it is no file of saved prompts; mend it or move it away")
        }
        guard file.version == 1 else {
            throw PromptFileProblem(message: "a newer gateway-tui has written it (version \(file.version))")
        }
        prompts = file.prompts
    }

    /// - Throws: where there is one too many.
    package mutating func put(_ prompt: SavedPrompt) throws(PromptFileProblem) {
        prompts.removeAll { $0.name == prompt.name }
        guard prompts.count < Self.maximumPrompts else {
            throw PromptFileProblem(message: "it has \(Self.maximumPrompts) prompts; delete one first")
        }
        prompts.append(prompt)
        prompts.sort { ($0.name.lowercased(), $0.name) < ($1.name.lowercased(), $1.name) }
    }

    package func contains(_ name: String) -> Bool { prompts.contains { $0.name == name } }

    package mutating func delete(_ name: String) { prompts.removeAll { $0.name == name } }

    /// The file's text.
    package func written() throws(PromptFileProblem) -> String {
        guard let text = JSONText.of(File(version: 1, prompts: prompts), isPretty: true),
            text.utf8.count < Self.maximumBytes
        else { throw PromptFileProblem(message: "it would be larger than \(Self.maximumBytes >> 20) MiB") }
        return text + "\n"
    }
}

/// The prompts that were sent last, oldest first: what `prompt-history.json` holds.
package struct SentPrompts: Sendable, Hashable {
    package static let fileName = "prompt-history.json"
    package static let maximumBytes = 2_097_152
    package static let most = 100
    /// UTF-8 bytes of all of them; the oldest go first.
    private static let maximumText = 524_288

    package private(set) var prompts: [String] = []

    /// Reads the file's text; nil where there is no file yet.
    ///
    /// - Throws: what is wrong with it. Then it must not be overwritten.
    package init(parsing text: String?) throws(PromptFileProblem) {
        guard let text else { return }
        do {
            prompts = try JSONDecoder().decode([String].self, from: Data(text.utf8))
        } catch {
            throw PromptFileProblem(message: "it is no list of prompts; mend it or move it away")
        }
    }

    /// A prompt that is longer than all of them may be is not kept.
    package mutating func append(_ prompt: String) {
        guard prompt.utf8.count <= Self.maximumText else { return }
        prompts.removeAll { $0 == prompt }
        prompts.append(prompt)
        var bytes = prompts.reduce(0) { $0 + $1.utf8.count }
        while prompts.count > Self.most || bytes > Self.maximumText { bytes -= prompts.removeFirst().utf8.count }
    }

    /// The file's text.
    package func written() throws(PromptFileProblem) -> String {
        guard let text = JSONText.of(prompts, isPretty: true) else {
            throw PromptFileProblem(message: "it cannot be written as JSON")
        }
        return text + "\n"
    }
}

extension PromptFileRequest {
    /// Which file it is about.
    package var fileName: String {
        switch self {
        case .list, .save, .delete: PromptShelf.fileName
        case .recall, .remember: SentPrompts.fileName
        }
    }

    /// The largest file that is read.
    package var maximumBytes: Int {
        switch self {
        case .list, .save, .delete: PromptShelf.maximumBytes
        case .recall, .remember: SentPrompts.maximumBytes
        }
    }

    /// Carries it out on the file's text: the answer, and what is to be written in the text's place; nil for nothing.
    package func apply(to text: String?) throws(PromptFileProblem) -> (answer: PromptFileAnswer, text: String?) {
        switch self {
        case .list: return (.listed(try PromptShelf(parsing: text).prompts), nil)
        case .save(let prompt, let mayReplace):
            var shelf = try PromptShelf(parsing: text)
            guard mayReplace || !shelf.contains(prompt.name) else { return (.exists(prompt), nil) }
            try shelf.put(prompt)
            return (.saved(name: prompt.name), try shelf.written())
        case .delete(let name):
            var shelf = try PromptShelf(parsing: text)
            shelf.delete(name)
            return (.deleted(name: name, shelf.prompts), try shelf.written())
        case .recall: return (.recalled(try SentPrompts(parsing: text).prompts), nil)
        case .remember(let prompt):
            var sent = try SentPrompts(parsing: text)
            sent.append(prompt)
            return (.remembered, try sent.written())
        }
    }
}
