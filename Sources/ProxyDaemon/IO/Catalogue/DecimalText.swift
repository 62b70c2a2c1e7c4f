package import Shared

/// Decimal numbers read exactly, without a binary fraction in between.
enum DecimalText {
    /// The number times ten to the power of `places`; nil when it is no plain decimal number, is negative, has more
    /// places than that or does not fit.
    static func scaled(_ text: some StringProtocol, places: Int) -> Int64? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let whole = String(parts[0])
        var fraction = parts.count > 1 ? String(parts[1]) : ""
        while fraction.hasSuffix("0") { fraction.removeLast() }
        guard !whole.isEmpty, parts.count == 1 || !parts[1].isEmpty, fraction.utf8.count <= places,
            (whole + fraction).utf8.allSatisfy({ (48...57).contains($0) })
        else { return nil }
        return Int64(whole + fraction + String(repeating: "0", count: places - fraction.utf8.count))
    }

    /// The reverse: a number of that many places as text, without zeros that do not count.
    static func text(_ scaled: Int64, places: Int) -> String {
        let digits = String(scaled)
        let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
        var fraction = padded.suffix(places)
        while fraction.last == "0" { fraction.removeLast() }
        return padded.dropLast(places) + (fraction.isEmpty ? "" : "." + fraction)
    }
}

extension USD {
    /// Reads dollars as people write them, exactly: `12.50`. nil for what is no plain decimal number.
    package init?(decimal text: String) {
        guard let nanodollars = DecimalText.scaled(text, places: 9) else { return nil }
        self.init(nanodollars: nanodollars)
    }
}
