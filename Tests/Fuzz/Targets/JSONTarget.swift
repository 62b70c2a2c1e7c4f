@testable import GatewayCore

extension FuzzTarget {
    /// The index of a body, and what is read through it.
    static let json = FuzzTarget(
        name: "json",
        property:
            "the index takes what a plain recursive reader of RFC 8259 takes, and every span lies in its parent's",
        maximumBytes: 4_096
    ) { bytes in
        var reference = PlainJSON(bytes)
        let isJSON = reference.readTopLevel()
        guard let index = try? JSONIndex(bytes) else { return expect(!isJSON, "valid JSON was refused") }
        expect(isJSON, "what is no JSON was taken")
        bytes.withUnsafeBufferPointer { buffer in
            let values = index.withRoot(buffer) { root in
                expect(root.kind == .object, "the root is no object")
                return Spans.visit(root, buffer)
            }
            expect(values == index.count, "\(index.count) values in the index, \(values) seen")
            let isClean = index.textProblem(buffer) == nil
            let isText = String(validating: bytes, as: UTF8.self) != nil && !reference.hasControls
            expect(isClean == isText, "the text check says \(isClean), the reference \(isText)")
        }
    }
}

/// Looks at everything that a view gives.
private enum Spans {
    /// The number of values and names in it.
    static func visit(_ view: JSONView, _ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        let range = view.range
        var count = 1
        switch view.kind {
        case .object:
            var end = range.lowerBound
            view.forEachMember { name, value in
                expect(name.lowerBound > end && name.upperBound < value.range.lowerBound, "a name out of place")
                expect(value.range.upperBound < range.upperBound, "a member outside its object")
                end = value.range.upperBound
                count += 1 + visit(value, bytes)
                string(name, bytes)
            }
        case .array:
            var end = range.lowerBound
            view.forEachElement { value in
                expect(value.range.lowerBound > end, "an element out of place")
                expect(value.range.upperBound < range.upperBound, "an element outside its array")
                end = value.range.upperBound
                count += visit(value, bytes)
            }
        case .string: string(view.stringContents, bytes)
        case .number:
            let text = String(decoding: view.raw, as: UTF8.self)
            // The least of all is passed over: its magnitude does not fit.
            let value = Int(text).flatMap { $0 == .min ? nil : $0 }
            expect(view.integer == value, "\(text) was read as \(String(describing: view.integer))")
            expect(Double(text) != nil, "\(text) is no number")
        case .true, .false: expect(view.bool == (view.raw.count == 4), "a boolean was misread")
        case .null: expect(view.bool == nil && view.string == nil && view.integer == nil, "null has a value")
        }
        return count
    }

    /// A text that was decoded comes back as it is from its quoted form.
    private static func string(_ contents: Range<Int>, _ bytes: UnsafeBufferPointer<UInt8>) {
        let text = JSONText.decode(bytes, contents)
        var quoted: [UInt8] = []
        JSONText.appendQuoted(text, to: &quoted)
        quoted.withUnsafeBufferPointer { again in
            expect(JSONScan.endOfString(again, from: 1) == again.count - 1, "a quoted text ends early")
            // Compared as bytes: strings that only look alike are equal to Swift.
            let back = JSONText.decode(again, 1..<(again.count - 1))
            expect(back.utf8.elementsEqual(text.utf8), "\(shown(text.utf8)) came back as \(shown(back.utf8))")
        }
    }
}

/// RFC 8259 read by recursion, for comparison: what the gateway takes, without the insides of strings, which it leaves to
/// those who decode them.
struct PlainJSON {
    private var rest: ArraySlice<UInt8>
    private(set) var hasControls = false

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    mutating func readTopLevel() -> Bool {
        skip()
        guard rest.first == UInt8(ascii: "{"), value(depth: 1) else { return false }
        skip()
        return rest.isEmpty
    }

    private mutating func skip() { rest = rest.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D } }

    private mutating func take(_ text: String) -> Bool {
        guard rest.starts(with: text.utf8) else { return false }
        rest = rest.dropFirst(text.utf8.count)
        return true
    }

    private mutating func value(depth: Int) -> Bool {
        skip()
        switch rest.first {
        case UInt8(ascii: "{"): return depth <= 128 && list("{", "}", depth) { $0.member(depth) }
        case UInt8(ascii: "["): return depth <= 128 && list("[", "]", depth) { $0.value(depth: depth + 1) }
        case UInt8(ascii: "\""): return string()
        case UInt8(ascii: "t"): return take("true")
        case UInt8(ascii: "f"): return take("false")
        case UInt8(ascii: "n"): return take("null")
        default: return number()
        }
    }

    private mutating func list(_ open: String, _ close: String, _ depth: Int, _ item: (inout Self) -> Bool) -> Bool {
        guard take(open) else { return false }
        skip()
        if take(close) { return true }
        while item(&self) {
            skip()
            if take(close) { return true }
            guard take(",") else { return false }
            skip()
        }
        return false
    }

    private mutating func member(_ depth: Int) -> Bool {
        guard string() else { return false }
        skip()
        return take(":") && value(depth: depth + 1)
    }

    private mutating func string() -> Bool {
        guard take("\"") else { return false }
        while let byte = rest.popFirst() {
            if byte < 0x20 { hasControls = true }
            if byte == UInt8(ascii: "\"") { return true }
            guard byte == UInt8(ascii: "\\") else { continue }
            guard let escaped = rest.popFirst() else { return false }
            if escaped < 0x20 { hasControls = true }
        }
        return false
    }

    private mutating func number() -> Bool {
        _ = take("-")
        if !take("0") {
            guard let first = rest.first, (0x31...0x39).contains(first) else { return false }
            _ = digits()
        }
        if take(".") { guard digits() else { return false } }
        if take("e") || take("E") {
            _ = take("+") || take("-")
            return digits()
        }
        return true
    }

    private mutating func digits() -> Bool {
        let before = rest.count
        rest = rest.drop { (0x30...0x39).contains($0) }
        return rest.count < before
    }
}
