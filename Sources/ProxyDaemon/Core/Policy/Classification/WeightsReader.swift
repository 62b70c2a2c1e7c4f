/// Why a weights file cannot be used: what is wrong, and where in it.
package struct RouterModelError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Where in the file, such as `variants.words.gain.features`; empty for the file as a whole.
    package let path: String
    package let problem: String

    package var description: String { path.isEmpty ? problem : "\(path): \(problem)" }
}

/// A value in the weights file with its path, for errors that say where.
struct WeightsReader {
    let view: JSONView
    let path: String

    /// The value of a member.
    subscript(name: StaticString) -> WeightsReader {
        get throws(RouterModelError) {
            guard let value = view[name] else { throw missing(name) }
            return WeightsReader(view: value, path: path.isEmpty ? "\(name)" : "\(path).\(name)")
        }
    }

    private func missing(_ name: StaticString) -> RouterModelError {
        RouterModelError(path: path, problem: "there is no \"\(name)\"")
    }

    func error(_ problem: String) -> RouterModelError { RouterModelError(path: path, problem: problem) }

    func number() throws(RouterModelError) -> Double {
        guard view.kind == .number, let value = Double(String(decoding: view.raw, as: UTF8.self)), value.isFinite else {
            throw error("expected a number, found \(view.kind.phrase)")
        }
        return value
    }

    func text() throws(RouterModelError) -> String {
        guard let text = view.string else { throw error("expected a string, found \(view.kind.phrase)") }
        return text
    }

    func elements() throws(RouterModelError) -> [WeightsReader] {
        guard view.kind == .array else { throw error("expected an array, found \(view.kind.phrase)") }
        var elements: [WeightsReader] = []
        view.forEachElement { elements.append(WeightsReader(view: $0, path: "\(path)[\(elements.count)]")) }
        return elements
    }

    /// Exactly `count` numbers; any number of them for nil.
    func numbers(_ count: Int?) throws(RouterModelError) -> [Double] {
        guard view.kind == .array else { throw error("expected an array, found \(view.kind.phrase)") }
        var numbers: [Double] = []
        var wrong: RouterModelError?
        view.forEachElement { element in
            guard wrong == nil else { return }
            // Most of the file are rows of numbers: a path is only made for one that is wrong.
            if element.kind == .number, let number = Double(String(decoding: element.raw, as: UTF8.self)),
                number.isFinite
            {
                numbers.append(number)
            } else {
                let problem = "expected a number, found \(element.kind.phrase)"
                wrong = RouterModelError(path: "\(path)[\(numbers.count)]", problem: problem)
            }
        }
        if let wrong { throw wrong }
        if let count, numbers.count != count {
            throw error("expected \(count) numbers, found \(numbers.count)")
        }
        return numbers
    }

    /// Numbers that rise from each to the next.
    func risingNumbers(_ count: Int?) throws(RouterModelError) -> [Double] {
        let numbers = try numbers(count)
        guard !numbers.isEmpty, zip(numbers, numbers.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw error("expected numbers that rise")
        }
        return numbers
    }

    /// Rows of signed bytes in base64.
    func signedBytes(_ count: Int) throws(RouterModelError) -> [Int8] {
        guard view.kind == .string else { throw error("expected a string, found \(view.kind.phrase)") }
        guard let bytes = Base64.decode(view.bytes[view.stringContents]) else { throw error("expected base64") }
        guard bytes.count == count else { throw error("expected \(count) bytes in base64, found \(bytes.count)") }
        return bytes.map { Int8(bitPattern: $0) }
    }
}
