/// A 64-bit FNV-1a hash that is the same in every run, unlike `Hasher`.
struct Fingerprint: Sendable, Hashable {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }

    mutating func add(_ text: String) {
        for byte in text.utf8 { add(byte) }
        add(UInt8.max)
    }

    /// Adds a JSON value by meaning: member order does not count, nor do cache markers at any depth.
    mutating func add(_ json: JSONValue) {
        switch json {
        case .null: add(UInt8(ascii: "0"))
        case .bool(let value): add(UInt8(ascii: value ? "t" : "f"))
        case .number(let text):
            add(UInt8(ascii: "#"))
            add(text)
        case .string(let text):
            add(UInt8(ascii: "\""))
            add(text)
        case .array(let elements):
            add(UInt8(ascii: "["))
            for element in elements { add(element) }
            add(UInt8(ascii: "]"))
        case .object(let object):
            add(UInt8(ascii: "{"))
            for member in object.members.sorted(by: { $0.key < $1.key }) where member.key != "cache_control" {
                add(member.key)
                add(member.value)
            }
            add(UInt8(ascii: "}"))
        }
    }
}

/// SplitMix64: a small generator whose numbers depend on its seed alone.
struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `bound` - 1; 0 when there is nothing to choose from.
    mutating func below(_ bound: Int) -> Int { bound > 0 ? Int(next() % UInt64(bound)) : 0 }

    /// One of the elements, or the fallback when there are none.
    mutating func choose<Element>(_ elements: [Element], else fallback: Element) -> Element {
        elements.isEmpty ? fallback : elements[below(elements.count)]
    }
}
