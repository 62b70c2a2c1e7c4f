/// Writes a JSON text member by member; sets the commas.
struct BodyWriter {
    private(set) var bytes: [UInt8] = []

    init(capacity: Int) { bytes.reserveCapacity(capacity) }

    mutating func object(_ content: (inout BodyWriter) -> Void) {
        separate()
        bytes.append(UInt8(ascii: "{"))
        content(&self)
        bytes.append(UInt8(ascii: "}"))
    }

    mutating func array<Element>(_ elements: some Sequence<Element>, _ write: (inout BodyWriter, Element) -> Void) {
        separate()
        bytes.append(UInt8(ascii: "["))
        for element in elements { write(&self, element) }
        bytes.append(UInt8(ascii: "]"))
    }

    mutating func key(_ name: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: [UInt8(ascii: "\""), UInt8(ascii: ":")])
    }

    mutating func object(_ name: StaticString, _ content: (inout BodyWriter) -> Void) {
        key(name)
        object(content)
    }

    mutating func array<Element>(
        _ name: StaticString,
        _ elements: some Sequence<Element>,
        _ write: (inout BodyWriter, Element) -> Void
    ) {
        key(name)
        array(elements, write)
    }

    mutating func string(_ name: StaticString, _ text: EscapedText) {
        key(name)
        string(text)
    }

    mutating func string(_ name: StaticString, _ text: String) {
        key(name)
        JSONText.appendQuoted(text, to: &bytes)
    }

    mutating func string(_ text: EscapedText) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: text.bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Nothing where there is no value.
    mutating func raw(_ name: StaticString, _ value: RawJSON?) {
        guard let value else { return }
        key(name)
        bytes.append(contentsOf: value)
    }

    mutating func bool(_ name: StaticString, _ value: Bool) {
        key(name)
        bytes.append(contentsOf: (value ? "true" : "false").utf8)
    }

    mutating func integer(_ name: StaticString, _ value: Int) {
        key(name)
        bytes.append(contentsOf: String(value).utf8)
    }

    /// A JSON text inside a string.
    mutating func text(_ name: StaticString, of value: RawJSON) {
        key(name)
        bytes.append(UInt8(ascii: "\""))
        JSONText.appendEscapedCompact(value, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// What was written last tells whether something stands before: no value ends with one of these bytes.
    private mutating func separate() {
        switch bytes.last {
        case nil, UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: ":"): return
        default: bytes.append(UInt8(ascii: ","))
        }
    }
}
