/// What a terminal answers when it is asked for its background (OSC 11), read as far as it has come.
///
/// The question for the background is followed by one for the device's attributes (DA1), which nearly every terminal
/// answers: once that answer is there, none to the first question will come any more.
package struct BackgroundReply: Sendable, Hashable {
    /// The questions, in their order.
    package static let question = "\u{1B}]11;?\u{7}\u{1B}[c"

    package private(set) var background: Palette.Background?
    /// Nothing more is to be waited for.
    package private(set) var isComplete = false
    /// An answer has begun and its end is not there yet.
    package private(set) var isPartial = false
    /// What is no answer: keys that were pressed meanwhile.
    package private(set) var typed: [UInt8] = []

    package init(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while let first = rest.first {
            guard first == 0x1B, let kind = rest.dropFirst().first, kind == 0x5D || kind == 0x5B else {
                typed.append(first)
                rest = rest.dropFirst()
                continue
            }
            let length = kind == 0x5D ? Self.operatingSystemCommand(rest) : Self.deviceAttributes(rest)
            switch length {
            case .found(let count):
                let sequence = rest.prefix(count)
                if kind == 0x5D { background = Self.background(of: sequence) ?? background } else { isComplete = true }
                rest = rest.dropFirst(count)
            case .cut:
                isPartial = true
                return
            case .other:
                typed.append(first)
                rest = rest.dropFirst()
            }
        }
    }

    private enum Length {
        case found(Int)
        case cut
        case other
    }

    /// `ESC ] 11 ; … BEL` or `… ESC \`.
    private static func operatingSystemCommand(_ bytes: ArraySlice<UInt8>) -> Length {
        var previous: UInt8 = 0
        for (offset, byte) in bytes.enumerated().dropFirst(2) {
            if byte == 0x07 || (previous == 0x1B && byte == 0x5C) { return .found(offset + 1) }
            guard byte == 0x1B || (0x20..<0x7F).contains(byte), offset < 64 else { return .other }
            previous = byte
        }
        return .cut
    }

    /// `ESC [ ? … c`. Cursor keys begin likewise and are none.
    private static func deviceAttributes(_ bytes: ArraySlice<UInt8>) -> Length {
        for (offset, byte) in bytes.enumerated().dropFirst(2) {
            if offset == 2 {
                guard byte == 0x3F else { return .other }
            } else if byte == 0x63 {
                return .found(offset + 1)
            } else if !(byte == 0x3B || (0x30...0x39).contains(byte)) || offset > 64 {
                return .other
            }
        }
        return .cut
    }

    /// `rgb:1e1e/1e1e/1e1e`, with one to four digits each.
    private static func background(of sequence: ArraySlice<UInt8>) -> Palette.Background? {
        let text = String(decoding: sequence.filter { $0 > 0x20 && $0 < 0x7F }, as: UTF8.self)
        guard text.hasPrefix("]11;rgb"), let colon = text.firstIndex(of: ":") else { return nil }
        let parts = text[text.index(after: colon)...].split(separator: "/").prefix(3).map { part -> Double? in
            let digits = part.prefix { $0.isHexDigit }.prefix(4)
            guard !digits.isEmpty, let value = Int(digits, radix: 16) else { return nil }
            return Double(value) / Double((1 << (4 * digits.count)) - 1)
        }
        guard parts.count == 3, let red = parts[0], let green = parts[1], let blue = parts[2] else { return nil }
        // Perceived brightness, ITU-R BT.601: enough to tell light from dark.
        return 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 ? .light : .dark
    }
}

extension Palette.Background {
    /// What terminals say in `COLORFGBG`, such as `15;0`: the background's colour is its last number.
    package init?(colourFGBG: String) {
        guard let last = colourFGBG.split(separator: ";").last, let number = Int(last), (0...15).contains(number) else {
            return nil
        }
        self = number == 7 || number >= 9 ? .light : .dark
    }
}
