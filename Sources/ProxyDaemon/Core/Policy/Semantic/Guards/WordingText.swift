/// A prompt's text with one spelling for each sign: typographic quotes, dashes and spaces as in ASCII, full-width letters as
/// plain ones, invisible characters left out. Letters keep their case and their accents.
enum WordingText {
    /// Never fails: bytes that are not UTF-8 become U+FFFD, which is no letter.
    static func normalised(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        if bytes.allSatisfy({ $0 < 0x80 }) { return Array(bytes) }
        var text = [UInt8]()
        text.reserveCapacity(bytes.count + 16)
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            if scalar.value < 0x80 {
                text.append(UInt8(truncatingIfNeeded: scalar.value))
            } else if let plain = plain(scalar.value) {
                text.append(contentsOf: plain.utf8)
            } else if 0xFF01...0xFF5E ~= scalar.value {
                text.append(UInt8(truncatingIfNeeded: scalar.value - 0xFEE0))
            } else {
                text.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
        return text
    }

    /// ASCII for a sign; nil where it stays as it is.
    private static func plain(_ scalar: UInt32) -> String? {
        switch scalar {
        case 0x2018, 0x2019, 0x201B, 0x02BC, 0x2032, 0xB4: "'"
        case 0x201C...0x201F, 0xAB, 0xBB, 0x2033: "\""
        case 0x2010...0x2015, 0x2212: "-"
        case 0xA0, 0x2000...0x200A, 0x202F, 0x205F, 0x3000, 0x2026, 0x2022, 0x2023, 0xB7, 0xBF, 0xA1: " "
        case 0xAD, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x2064, 0xFE00...0xFE0F, 0xFEFF, 0xB0: ""
        case 0x3001: ", "
        case 0x3002: ". "
        case 0xD7: "*"
        case 0xF7: "/"
        case 0x2264: "<="
        case 0x2265: ">="
        case 0x2260: "!="
        case 0x2248: "~"
        case 0x2192, 0x21D2: "->"
        case 0x2190, 0x21D0: "<-"
        case 0xB2: "^2"
        case 0xB3: "^3"
        case 0xBC: " 1/4"
        case 0xBD: " 1/2"
        case 0xBE: " 3/4"
        default: nil
        }
    }

    /// The scalar that begins at a place of normalised text, and its length in bytes.
    static func scalar(_ text: [UInt8], _ at: Int) -> (value: UInt32, length: Int) {
        func byte(_ offset: Int) -> UInt32 { at + offset < text.count ? UInt32(text[at + offset] & 0x3F) : 0 }
        guard at < text.count else { return (0, 1) }
        let first = UInt32(text[at])
        switch first {
        case 0..<0x80: return (first, 1)
        case 0xC0..<0xE0: return ((first & 0x1F) << 6 | byte(1), 2)
        case 0xE0..<0xF0: return ((first & 0x0F) << 12 | byte(1) << 6 | byte(2), 3)
        case 0xF0...0xF7: return ((first & 0x07) << 18 | byte(1) << 12 | byte(2) << 6 | byte(3), 4)
        default: return (0xFFFD, 1)
        }
    }
}

/// The writing that a letter beyond ASCII belongs to.
enum WordingScript: UInt16, Sendable {
    case latin = 1, greek = 2, cyrillic = 4, semitic = 8, indic = 16, han = 32, kana = 64, hangul = 128, southeast = 256
    case other = 512

    static func of(_ scalar: UInt32) -> WordingScript {
        switch scalar {
        case 0..<0x370, 0x1E00..<0x1F00, 0xA720..<0xA800: .latin
        case 0x370..<0x400, 0x1F00..<0x2000: .greek
        case 0x400..<0x530, 0x1C80..<0x1C90: .cyrillic
        case 0x590..<0x900, 0xFB1D..<0xFE00, 0xFE70..<0xFF00: .semitic
        case 0x900..<0xE00: .indic
        case 0xE00..<0x1100, 0x1780..<0x1800: .southeast
        case 0x1100..<0x1200, 0xAC00..<0xD7B0, 0x3130..<0x3190: .hangul
        case 0x3040..<0x3100, 0x31F0..<0x3200, 0xFF66..<0xFFA0: .kana
        case 0x2E80..<0x3040, 0x3400..<0xA000, 0xF900..<0xFB00, 0x20000..<0x32000: .han
        default: .other
        }
    }

    /// Whether the script sets no space between words, so that each character counts as a word.
    var isUnspaced: Bool { self == .han || self == .kana || self == .southeast }
}

/// Small letters without accents.
enum LetterFolding {
    /// The base letters of U+00C0 to U+017F, one for each.
    private static let bases: [UInt8] = Array(
        ("aaaaaaaceeeeiiiidnooooo*ouuuuyts" + "aaaaaaaceeeeiiiidnooooo/ouuuuyty"
            + "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiijjjjkkkllllllllllnnnnnnnnnoooooooorrrrrrsssssssstttttt"
            + "uuuuuuuuuuuuwwyyyzzzzzzs").utf8
    )

    /// Adds the small letter of a scalar beyond ASCII; a combining accent adds nothing.
    static func fold(_ scalar: UInt32, into letters: inout [UInt8]) {
        switch scalar {
        case 0xDF: letters.append(contentsOf: [0x73, 0x73])
        case 0xC6, 0xE6: letters.append(contentsOf: [0x61, 0x65])
        case 0x152, 0x153: letters.append(contentsOf: [0x6F, 0x65])
        case 0xC0..<0x180:
            let place = Int(scalar) - 0xC0
            if place < bases.count { letters.append(bases[place]) }
        case 0x300..<0x370: break
        case 0x391..<0x3AA, 0x410..<0x430: append(scalar + 0x20, to: &letters)
        case 0x400..<0x410: append(scalar + 0x50, to: &letters)
        default: append(scalar, to: &letters)
        }
    }

    private static func append(_ scalar: UInt32, to letters: inout [UInt8]) {
        guard let scalar = Unicode.Scalar(scalar), let encoded = UTF8.encode(scalar) else { return }
        letters.append(contentsOf: encoded)
    }
}
