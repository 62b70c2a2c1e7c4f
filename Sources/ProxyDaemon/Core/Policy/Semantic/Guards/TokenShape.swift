/// What a token is made of.
struct TokenShape {
    private(set) var letters = 0
    private(set) var digits = 0
    private(set) var apostrophes = 0
    private(set) var traits: WordTraits = []
    /// Whether it reads like a name in a program: a path, a file, `snake_case`, `camelCase`, a flag, an address.
    private(set) var isIdentifier = false
    /// Single letters with points between them: `e.g`, `U.S`.
    private(set) var isAbbreviation = false
    /// A `v` before digits and points.
    private(set) var isVersion = false
    /// The sign at which the token falls into words.
    private(set) var splitting: UInt8?

    init(_ bytes: ArraySlice<UInt8>) {
        var uppers = 0, dots = 0, slashes = 0, hyphens = 0, colons = 0, longestPart = 0, part = 0
        var isCamel = false, isOdd = false
        var previous: UInt8 = 0
        for byte in bytes {
            part += 1
            switch byte {
            case 0x41...0x5A:
                letters += 1
                uppers += 1
                if CharacterKind.isLower(previous) { isCamel = true }
            case 0x61...0x7A, 0x80...: letters += 1
            case 0x30...0x39: digits += 1
            case 0x27: apostrophes += 1
            case 0x2E:
                dots += 1
                part = 0
            case 0x2F:
                slashes += 1
                part = 0
            case 0x2D:
                hyphens += 1
                part = 0
            case 0x3A:
                colons += 1
                part = 0
            case 0x28, 0x29: break
            default: isOdd = true
            }
            longestPart = max(longestPart, part)
            previous = byte
        }
        let first = bytes.first ?? 0
        let isLed = !CharacterKind.isWord(first) && first < 0x80
        isVersion = digits > 0 && letters == 1 && first | 0x20 == 0x76 && slashes + hyphens + colons == 0
        isAbbreviation = dots > 0 && letters == dots + 1 && longestPart == 1 && digits == 0 && slashes + hyphens == 0
        let isFile =
            dots > 0 && !isAbbreviation && !isVersion && letters > 0 && !Self.isSentenceBreak(bytes)
            && !Self.isAmount(bytes)
        isIdentifier =
            letters > 0
            && (isOdd || isLed || isCamel || slashes > 1 || slashes == 1 && (digits > 0 || dots > 0) || isFile
                || colons > 0 && digits > 0)
        if slashes > 0 {
            splitting = 0x2F
        } else if colons > 0 {
            splitting = 0x3A
        } else if hyphens > 0 {
            splitting = 0x2D
        } else if dots > 0, letters > 0, Self.isSentenceBreak(bytes) {
            splitting = 0x2E
        }
        if letters > 1, uppers == letters {
            traits = .acronym
        } else if CharacterKind.isUpper(first) || isCamel {
            traits = .capital
        }
    }

    /// A full stop without its blank: small letters, a point, a capital letter and small letters.
    private static func isSentenceBreak(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let dot = bytes.firstIndex(of: 0x2E), dot == bytes.lastIndex(of: 0x2E), dot > bytes.startIndex + 2,
            dot + 2 < bytes.endIndex
        else { return false }
        return CharacterKind.isLower(bytes[dot - 1]) && CharacterKind.isUpper(bytes[dot + 1])
            && CharacterKind.isLower(bytes[dot + 2])
    }

    /// Digits and points, then letters alone: `2.5kg`, `7.30pm`; or letters, then digits and points: `gpt4.1`.
    private static func isAmount(_ bytes: ArraySlice<UInt8>) -> Bool {
        let numeric: (UInt8) -> Bool = { CharacterKind.isDigit($0) || $0 == 0x2E }
        if CharacterKind.isDigit(bytes.first ?? 0) {
            return bytes.drop(while: numeric).allSatisfy(CharacterKind.isLetter)
        }
        return bytes.drop(while: CharacterKind.isLetter).first.map(CharacterKind.isDigit) ?? false
            && bytes.drop(while: CharacterKind.isLetter).allSatisfy(numeric)
    }
}

/// Contractions of English.
enum Contractions {
    private static let negated: [UInt64: [UInt8]] = {
        var table: [UInt64: [UInt8]] = [:]
        let list: StaticString = """
            dont=do doesnt=does didnt=did isnt=is arent=are wasnt=was werent=were cant=can cannot=can couldnt=could
            shouldnt=should wouldnt=would havent=have hasnt=has hadnt=had wont=will mustnt=must aint=is neednt=need
            """
        for pair in list.withUTF8Buffer({ Array($0) }).split(whereSeparator: { $0 == 0x20 || $0 == 0x0A }) {
            let parts = pair.split(separator: 0x3D)
            if parts.count == 2 { table[WordStem.hash(parts[0])] = Array(parts[1]) }
        }
        return table
    }()

    /// The verb of a negated one that is written without its apostrophe; nil for another word.
    static func withoutApostrophe(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard bytes.count >= 4, bytes.count <= 8, let last = bytes.last, last | 0x20 == 0x74 else { return nil }
        return negated[WordStem.hash(bytes.lazy.map { $0 | 0x20 })]?[...]
    }

    /// The verb of what stands before `'t`: `won` is will, `can` is can, `isn` is is.
    static func verb(_ base: [UInt8]) -> ArraySlice<UInt8> {
        let folded = base.map { $0 | 0x20 }
        return negated[WordStem.hash(folded + [0x74])]?[...] ?? folded.dropLast()
    }

    /// Whether `'s` behind a word stands for `is` rather than for possession.
    static func takesIs(_ hash: UInt64) -> Bool { verbs.contains(hash) }

    private static let verbs: Set<UInt64> = Set(
        ["what", "who", "where", "when", "why", "how", "it", "that", "there", "here", "he", "she"].map {
            WordStem.hash($0)
        }
    )
}
