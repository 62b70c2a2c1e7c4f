/// How many columns text takes. Our own table, because the C library's depends on the locale and terminals disagree on
/// joined emoji, variation selectors and flags: a cell holds the first spacing scalar of a grapheme and nothing else.
package enum CellWidth {
    /// What one grapheme puts into a cell: never a control character.
    package static func cell(_ character: Character) -> (scalar: Unicode.Scalar, width: Int) {
        for scalar in character.unicodeScalars {
            switch width(of: scalar) {
            case let width where width > 0: return (scalar, width)
            case let width where width < 0: return ("·", 1)
            default: continue
            }
        }
        return (" ", 0)
    }

    /// Columns of a scalar: 0 for combining ones, -1 for control characters.
    package static func width(of scalar: Unicode.Scalar) -> Int {
        let value = scalar.value
        if value < 0x7F { return value < 0x20 ? -1 : 1 }
        if value < 0xA0 { return -1 }
        if value < 0x300 { return value == 0xAD ? 0 : 1 }
        if isBidirectionalControl(value) { return -1 }
        if contains(zeroWidth, value) { return 0 }
        return contains(doubleWidth, value) ? 2 : 1
    }

    /// Columns of a text.
    package static func of(_ text: some StringProtocol) -> Int {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text.utf8.count }
        var columns = 0
        for character in text { columns += cell(character).width }
        return columns
    }

    /// The text at exactly a number of columns: padded, or cut with an ellipsis.
    package static func fit(_ text: some StringProtocol, _ columns: Int, alignRight: Bool = false) -> String {
        guard columns > 0 else { return "" }
        let own = of(text)
        if own <= columns {
            let padding = String(repeating: " ", count: columns - own)
            return alignRight ? padding + text : text + padding
        }
        var kept = ""
        var used = 0
        for character in text {
            let width = cell(character).width
            if used + width > columns - 1 { break }
            kept.append(character)
            used += width
        }
        return kept + "…" + String(repeating: " ", count: columns - 1 - used)
    }

    /// The text at most a number of columns wide, cut with an ellipsis.
    package static func clip(_ text: some StringProtocol, _ columns: Int) -> String {
        of(text) <= columns ? String(text) : fit(text, columns)
    }

    /// Embeddings, overrides and isolates: they would let a prompt reorder the text around it.
    private static func isBidirectionalControl(_ value: UInt32) -> Bool {
        switch value {
        case 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    private static func contains(_ ranges: [ClosedRange<UInt32>], _ value: UInt32) -> Bool {
        var low = 0
        var high = ranges.count - 1
        while low <= high {
            let middle = (low + high) / 2
            if value < ranges[middle].lowerBound {
                high = middle - 1
            } else if value > ranges[middle].upperBound {
                low = middle + 1
            } else {
                return true
            }
        }
        return false
    }

    /// Combining marks, joiners and variation selectors; sorted.
    private static let zeroWidth: [ClosedRange<UInt32>] = [
        0x0300...0x036F, 0x0483...0x0489, 0x0591...0x05BD, 0x0610...0x061A, 0x064B...0x065F, 0x0900...0x0902,
        0x093C...0x093C, 0x0941...0x0948, 0x094D...0x094D, 0x0E31...0x0E31, 0x0E34...0x0E3A, 0x0E47...0x0E4E,
        0x1AB0...0x1AFF, 0x1DC0...0x1DFF, 0x200B...0x200D, 0x2060...0x2064, 0x20D0...0x20FF, 0xFE00...0xFE0F,
        0xFE20...0xFE2F, 0xFEFF...0xFEFF, 0x1F3FB...0x1F3FF, 0xE0000...0xE01EF,
    ]

    /// East Asian wide and fullwidth characters and emoji; sorted.
    private static let doubleWidth: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x231A...0x231B, 0x2329...0x232A, 0x23E9...0x23EC, 0x23F0...0x23F0, 0x23F3...0x23F3,
        0x25FD...0x25FE, 0x2614...0x2615, 0x2648...0x2653, 0x267F...0x267F, 0x2693...0x2693, 0x26A1...0x26A1,
        0x26AA...0x26AB, 0x26BD...0x26BE, 0x26C4...0x26C5, 0x26CE...0x26CE, 0x26D4...0x26D4, 0x26EA...0x26EA,
        0x26F2...0x26F3, 0x26F5...0x26F5, 0x26FA...0x26FA, 0x26FD...0x26FD, 0x2705...0x2705, 0x270A...0x270B,
        0x2728...0x2728, 0x274C...0x274C, 0x274E...0x274E, 0x2753...0x2755, 0x2757...0x2757, 0x2795...0x2797,
        0x27B0...0x27B0, 0x27BF...0x27BF, 0x2B1B...0x2B1C, 0x2B50...0x2B50, 0x2B55...0x2B55, 0x2E80...0x303E,
        0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3,
        0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F004...0x1F004, 0x1F0CF...0x1F0CF,
        0x1F18E...0x1F18E, 0x1F191...0x1F19A, 0x1F200...0x1F320, 0x1F32D...0x1F335, 0x1F337...0x1F37C,
        0x1F37E...0x1F393, 0x1F3A0...0x1F3CA, 0x1F3CF...0x1F3D3, 0x1F3E0...0x1F3F0, 0x1F3F4...0x1F3F4,
        0x1F3F8...0x1F43E, 0x1F440...0x1F440, 0x1F442...0x1F4FC, 0x1F4FF...0x1F53D, 0x1F54B...0x1F54E,
        0x1F550...0x1F567, 0x1F57A...0x1F57A, 0x1F595...0x1F596, 0x1F5A4...0x1F5A4, 0x1F5FB...0x1F64F,
        0x1F680...0x1F6C5, 0x1F6CC...0x1F6CC, 0x1F6D0...0x1F6D2, 0x1F6D5...0x1F6D7, 0x1F6DC...0x1F6DF,
        0x1F6EB...0x1F6EC, 0x1F6F4...0x1F6FC, 0x1F7E0...0x1F7EB, 0x1F7F0...0x1F7F0, 0x1F90C...0x1F93A,
        0x1F93C...0x1F945, 0x1F947...0x1F9FF, 0x1FA70...0x1FAFF, 0x20000...0x2FFFD, 0x30000...0x3FFFD,
    ]
}
