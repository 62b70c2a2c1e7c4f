extension JSONText {
    /// Replaces escaped halves of surrogate pairs that stand alone (`\ud800`) by `\ufffd`, in place.
    ///
    /// `json` is a JSON text. Strict parsers refuse such a half, and with it the whole text. Pairs stay as they are.
    package static func mendLoneSurrogates(_ json: inout [UInt8]) {
        let places = json.withUnsafeBufferPointer { loneSurrogates($0) }
        for place in places { json.replaceSubrange(place..<(place + 6), with: Array("\\ufffd".utf8)) }
    }

    /// Where the backslashes of lone halves are.
    private static func loneSurrogates(_ json: UnsafeBufferPointer<UInt8>) -> [Int] {
        var found: [Int] = []
        var at = 0
        // Outside of strings there are no backslashes.
        while let slash = JSONScan.nextBackslash(json, from: at) {
            guard let half = surrogate(json, slash) else {
                at = slash + 2
                continue
            }
            at = slash + 6
            if half < 0xDC00, let second = surrogate(json, at), second >= 0xDC00 {
                at += 6
            } else {
                found.append(slash)
            }
        }
        return found
    }

    /// The half that an escape at this place stands for; nil for all else.
    private static func surrogate(_ json: UnsafeBufferPointer<UInt8>, _ at: Int) -> UInt32? {
        guard at + 6 <= json.count, json[at] == UInt8(ascii: "\\"), json[at + 1] == UInt8(ascii: "u"),
            let scalar = hexadecimal(json, at + 2), (0xD800..<0xE000).contains(scalar)
        else { return nil }
        return scalar
    }
}
