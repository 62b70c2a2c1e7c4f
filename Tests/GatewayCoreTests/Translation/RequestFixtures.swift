import Foundation
import GatewayCore

/// A JSON value to compare with: numbers by their spelling, members in their order.
indirect enum RequestJSON: Equatable, CustomStringConvertible {
    case object([Member])
    case array([RequestJSON])
    case string(String)
    case number(String)
    case bool(Bool)
    case null

    struct Member: Equatable {
        var name: String
        var value: RequestJSON
    }

    struct Malformed: Error {}

    init(_ bytes: [UInt8]) throws {
        let index = try JSONIndex(bytes)
        self = bytes.withUnsafeBufferPointer { buffer in index.withRoot(buffer) { RequestJSON($0) } }
    }

    init(_ text: String) throws { try self.init(Array(text.utf8)) }

    private init(_ view: JSONView) {
        switch view.kind {
        case .object:
            var members: [Member] = []
            view.forEachMember { name, value in
                members.append(Member(name: JSONText.decode(view.bytes, name), value: RequestJSON(value)))
            }
            self = .object(members)
        case .array:
            var elements: [RequestJSON] = []
            view.forEachElement { elements.append(RequestJSON($0)) }
            self = .array(elements)
        case .string: self = .string(view.string ?? "")
        case .number: self = .number(String(decoding: view.raw, as: UTF8.self))
        case .true: self = .bool(true)
        case .false: self = .bool(false)
        case .null: self = .null
        }
    }

    subscript(name: String) -> RequestJSON? {
        get {
            guard case .object(let members) = self else { return nil }
            return members.first { $0.name == name }?.value
        }
        set {
            guard case .object(var members) = self else { return }
            if let at = members.firstIndex(where: { $0.name == name }) {
                if let newValue { members[at].value = newValue } else { members.remove(at: at) }
            } else if let newValue {
                members.append(Member(name: name, value: newValue))
            }
            self = .object(members)
        }
    }

    subscript(position: Int) -> RequestJSON? {
        guard case .array(let elements) = self, elements.indices.contains(position) else { return nil }
        return elements[position]
    }

    var elements: [RequestJSON] { if case .array(let elements) = self { elements } else { [] } }
    var text: String? { if case .string(let text) = self { text } else { nil } }
    var names: [String] { if case .object(let members) = self { members.map(\.name) } else { [] } }

    /// The same with the members of every object sorted by name, but for those inside `kept`.
    func sorted(keepingOrderIn kept: Set<String> = []) -> RequestJSON {
        switch self {
        case .object(let members):
            let inner = members.map { member in
                Member(
                    name: member.name,
                    value: kept.contains(member.name) ? member.value : member.value.sorted(keepingOrderIn: kept)
                )
            }
            return .object(inner.sorted { $0.name < $1.name })
        case .array(let elements): return .array(elements.map { $0.sorted(keepingOrderIn: kept) })
        default: return self
        }
    }

    var description: String {
        switch self {
        case .object(let members):
            "{" + members.map { "\(JSONText.quoted($0.name)):\($0.value)" }.joined(separator: ",") + "}"
        case .array(let elements): "[" + elements.map(\.description).joined(separator: ",") + "]"
        case .string(let text): JSONText.quoted(text)
        case .number(let spelling): spelling
        case .bool(let value): value ? "true" : "false"
        case .null: "null"
        }
    }
}

/// The recorded wire examples that stand beside the repository. A checkout without them skips their tests.
enum WireFixtures {
    static let directory: URL = {
        var url = URL(fileURLWithPath: #filePath)
        for _ in 0..<5 { url.deleteLastPathComponent() }
        return url.appendingPathComponent("shared/wire/fixtures")
    }()

    static let repository: URL = {
        var url = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { url.deleteLastPathComponent() }
        return url
    }()

    static var arePresent: Bool { FileManager.default.fileExists(atPath: directory.path) }

    static func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: directory.appendingPathComponent(name)))
    }

    /// The names of the files that begin and end so, sorted.
    static func names(prefix: String, suffix: String) -> [String] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
        return all.filter { $0.hasPrefix(prefix) && $0.hasSuffix(suffix) }.sorted()
    }
}

extension TranslationTarget {
    /// A backend of a model that takes everything.
    static func test(
        _ wire: BackendWire,
        strict: Bool = false,
        proper: Bool = false,
        _ change: (inout TranslationTarget) -> Void = { _ in }
    ) -> TranslationTarget {
        var target = TranslationTarget(wire: wire, model: "m", isOpenAIProper: proper, isStrict: strict)
        change(&target)
        return target
    }
}

/// Translates a request given as text. A translation that is no JSON fails here.
func translated(
    _ text: String,
    from dialect: Dialect,
    to target: TranslationTarget
) throws -> (text: String, json: RequestJSON, warnings: [String], toolNames: [String: String]) {
    let body = Array(text.utf8)
    let result = try RequestTranslation.translate(body, try JSONIndex(body), from: dialect, to: target)
    return (
        String(decoding: result.body, as: UTF8.self), try RequestJSON(result.body), result.warnings, result.toolNames
    )
}

/// The 400 that a request is answered with; nil when it is translated.
func refusal(_ text: String, from dialect: Dialect, to target: TranslationTarget) throws -> String? {
    do {
        _ = try translated(text, from: dialect, to: target)
        return nil
    } catch let error as GatewayError {
        guard case .invalidRequest(let text) = error.kind else { return "another error: \(error)" }
        return text
    }
}
