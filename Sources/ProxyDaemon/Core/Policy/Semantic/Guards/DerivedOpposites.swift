/// Opposites that the form of two words shows: `possible` and `impossible`, `careful` and `careless`, `faster` and `fastest`.
enum DerivedOpposites {
    static func areOpposed(_ one: ArraySlice<UInt8>, _ other: ArraySlice<UInt8>) -> Bool {
        guard one.count >= 3, other.count >= 3, one.count <= 48, other.count <= 48 else { return false }
        return turns(one, other) || turns(other, one) || face(one, other) || face(other, one) || end(one, other)
            || end(other, one)
    }

    /// `longer` is `shorter` behind a turning prefix, in whatever form.
    private static func turns(_ shorter: ArraySlice<UInt8>, _ longer: ArraySlice<UInt8>) -> Bool {
        guard longer.count > shorter.count - 3 else { return false }
        for prefix in LexiconOpposites.turning {
            let length = prefix.utf8CodeUnitCount
            guard longer.count > length + 2, shorter.count >= (length == 1 ? 5 : 3), starts(longer, prefix) else {
                continue
            }
            let rest = longer.dropFirst(length)
            if rest.first == shorter.first, rest.elementsEqual(shorter) || WordStem.key(rest) == WordStem.key(shorter) {
                return true
            }
        }
        return false
    }

    private static func face(_ one: ArraySlice<UInt8>, _ other: ArraySlice<UInt8>) -> Bool {
        for (left, right) in LexiconOpposites.facing where starts(one, left) && starts(other, right) {
            let mine = one.dropFirst(left.utf8CodeUnitCount), theirs = other.dropFirst(right.utf8CodeUnitCount)
            guard mine.count >= 2, mine.first == theirs.first else { continue }
            if mine.elementsEqual(theirs) || WordStem.key(mine) == WordStem.key(theirs) { return true }
        }
        return false
    }

    private static func end(_ one: ArraySlice<UInt8>, _ other: ArraySlice<UInt8>) -> Bool {
        guard one.first == other.first else { return false }
        for (left, right) in LexiconOpposites.endings where ends(one, left) && ends(other, right) {
            let mine = one.dropLast(left.utf8CodeUnitCount), theirs = other.dropLast(right.utf8CodeUnitCount)
            if mine.count >= 3, mine.elementsEqual(theirs) { return true }
        }
        return false
    }

    private static func starts(_ word: ArraySlice<UInt8>, _ prefix: StaticString) -> Bool {
        let length = prefix.utf8CodeUnitCount
        guard word.count >= length else { return false }
        return prefix.withUTF8Buffer { word.prefix(length).elementsEqual($0) }
    }

    private static func ends(_ word: ArraySlice<UInt8>, _ suffix: StaticString) -> Bool {
        let length = suffix.utf8CodeUnitCount
        guard word.count >= length else { return false }
        return suffix.withUTF8Buffer { word.suffix(length).elementsEqual($0) }
    }
}
