import FoundationEssentials

/// An amount of money in US dollars, held as whole nano-dollars (10⁻⁹ $). Never a binary fraction.
///
/// The range is about ±9.2 thousand million dollars; arithmetic that would leave it stops at the bound rather than trap.
public struct USD: Sendable, Hashable, Comparable {
    /// The amount in 10⁻⁹ dollars.
    public var nanodollars: Int64

    public static let zero = USD(nanodollars: 0)

    public init(nanodollars: Int64) { self.nanodollars = nanodollars }

    public static func + (left: USD, right: USD) -> USD {
        let (sum, overflow) = left.nanodollars.addingReportingOverflow(right.nanodollars)
        return USD(nanodollars: overflow ? (left.nanodollars < 0 ? .min : .max) : sum)
    }

    public static func - (left: USD, right: USD) -> USD {
        let (difference, overflow) = left.nanodollars.subtractingReportingOverflow(right.nanodollars)
        return USD(nanodollars: overflow ? (left.nanodollars < 0 ? .min : .max) : difference)
    }

    public static func += (left: inout USD, right: USD) { left = left + right }
    public static func -= (left: inout USD, right: USD) { left = left - right }
    public static func < (left: USD, right: USD) -> Bool { left.nanodollars < right.nanodollars }

    /// The amount with a fixed number of decimals, rounded half away from zero: `0.0213`, `-1.50`. No currency sign.
    /// At most nine digits after the point.
    public func formatted(places: Int) -> String {
        let places = Swift.max(0, Swift.min(9, places))
        var unit: UInt64 = 1
        for _ in places..<9 { unit *= 10 }
        let rounded = (nanodollars.magnitude + unit / 2) / unit
        var digits = String(rounded)
        if digits.count <= places { digits = String(repeating: "0", count: places + 1 - digits.count) + digits }
        let sign = nanodollars < 0 && rounded > 0 ? "-" : ""
        guard places > 0 else { return sign + digits }
        return sign + digits.dropLast(places) + "." + digits.suffix(places)
    }
}

extension USD: CustomStringConvertible {
    /// Dollars and cents, and every further digit that counts: `0.000041`, `12.50`, `0.00`.
    public var description: String {
        let magnitude = nanodollars.magnitude
        var fraction = magnitude % 1_000_000_000
        var places = 9
        while places > 2, fraction % 10 == 0 {
            fraction /= 10
            places -= 1
        }
        var digits: [UInt8] = []
        digits.reserveCapacity(24)
        if nanodollars < 0 { digits.append(UInt8(ascii: "-")) }
        digits.append(contentsOf: String(magnitude / 1_000_000_000).utf8)
        digits.append(UInt8(ascii: "."))
        let start = digits.count
        for _ in 0..<places { digits.append(UInt8(ascii: "0")) }
        for place in stride(from: start + places - 1, through: start, by: -1) {
            digits[place] += UInt8(fraction % 10)
            fraction /= 10
        }
        return String(decoding: digits, as: UTF8.self)
    }
}

extension USD: Codable {
    /// Below 2^51 nanodollars.
    private static let exactDollars = 2_000_000.0

    /// Reads a JSON number of dollars.
    public init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        // The number nearest to one of at most nine decimals is off by less than a part in 2^52 after the multiplication, which
        // below 2^51 nanodollars is less than a half: rounding gives each digit back. Decimal takes ten times as long.
        if let near = try? value.decode(Double.self), abs(near) < Self.exactDollars {
            self.init(nanodollars: Int64((near * 1_000_000_000).rounded()))
            return
        }
        let dollars = try value.decode(Decimal.self)
        var scaled = dollars * 1_000_000_000
        var whole = Decimal()
        let negative = scaled < 0
        if negative { scaled = 0 - scaled }
        whole = scaled + Decimal(sign: .plus, exponent: -1, significand: 5)
        let text = "\(whole)".prefix { $0 != "." }
        let magnitude = Int64(text) ?? .max
        self.init(nanodollars: negative ? -magnitude : magnitude)
    }

    /// Writes a JSON number of dollars with every digit.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        let magnitude = Decimal(nanodollars.magnitude) / 1_000_000_000
        try container.encode(nanodollars < 0 ? 0 - magnitude : magnitude)
    }
}
