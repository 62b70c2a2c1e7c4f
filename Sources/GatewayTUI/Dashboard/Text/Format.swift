package import Shared

/// How figures are written. Every function takes any value a peer may send and never traps.
package enum Format {
    /// A whole number within `Int`, whatever the floating point value is; not-a-number is 0.
    package static func whole(_ value: Double) -> Int {
        guard value.isFinite else { return value > 0 ? Int(Int32.max) : 0 }
        return Int(max(-9e15, min(9e15, value.rounded())))
    }

    /// `1,247`; from a million on `1.2M`.
    package static func count(_ value: Int) -> String {
        let sign = value < 0 ? "-" : ""
        if value.magnitude >= 1_000_000_000 { return sign + decimal(Double(value.magnitude) / 1e9, places: 1) + "G" }
        if value.magnitude >= 1_000_000 { return sign + decimal(Double(value.magnitude) / 1e6, places: 1) + "M" }
        return sign + grouped(value.magnitude)
    }

    /// `812 B`, `9.4 MiB`, in steps of 1,024.
    package static func bytes(_ value: Int) -> String {
        var size = Double(max(0, value))
        if size < 1_024 { return "\(whole(size)) B" }
        var unit = ""
        for next in ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"] where size >= 1_023.5 || unit.isEmpty {
            size /= 1_024
            unit = next
        }
        return "\(size < 99.95 ? decimal(size, places: 1) : "\(whole(size))") \(unit)"
    }

    /// Digits in groups of three.
    package static func grouped(_ value: UInt) -> String {
        var text = ""
        let digits = String(value)
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return text
    }

    /// A number with a fixed count of decimals.
    package static func decimal(_ value: Double, places: Int) -> String {
        var unit = 1
        for _ in 0..<max(0, min(6, places)) { unit *= 10 }
        let scaled = whole(value * Double(unit))
        let sign = scaled < 0 ? "-" : ""
        guard unit > 1 else { return sign + String(scaled.magnitude) }
        let fraction = String(scaled.magnitude % UInt(unit))
        let padding = String(repeating: "0", count: String(unit).count - 1 - fraction.count)
        return "\(sign)\(scaled.magnitude / UInt(unit)).\(padding)\(fraction)"
    }

    /// An amount at a glance: `$18.42`, `$0.0091`, `$1,234`; what is less than shows says so.
    package static func money(_ amount: USD) -> String {
        let sign = amount < .zero ? "-" : ""
        let size = USD(nanodollars: amount.nanodollars == .min ? .max : Swift.abs(amount.nanodollars))
        switch size.nanodollars {
        case 0: return "$0"
        case ..<100_000: return "\(sign)<$0.0001"
        case ..<1_000_000_000: return "\(sign)$\(size.formatted(places: 4))"
        case ..<1_000_000_000_000: return "\(sign)$\(size.formatted(places: 2))"
        default: return "\(sign)$\(count(Int(size.nanodollars / 1_000_000_000)))"
        }
    }

    /// An amount for a total: two decimals once there are cents.
    package static func total(_ amount: USD) -> String {
        amount.nanodollars.magnitude >= 10_000_000 && amount.nanodollars.magnitude < 1_000_000_000
            ? (amount < .zero ? "-$" : "$") + USD(nanodollars: abs(amount.nanodollars)).formatted(places: 3)
            : money(amount)
    }

    /// `312 ms`, `1.9 s`, `42 s`, `3 m 05 s`.
    package static func duration(milliseconds: Double) -> String {
        guard milliseconds.isFinite, milliseconds >= 0 else { return "–" }
        if milliseconds < 9.95, milliseconds > 0 { return "\(decimal(milliseconds, places: 1)) ms" }
        if milliseconds < 999.5 { return "\(whole(milliseconds)) ms" }
        if milliseconds < 9_950 { return "\(decimal(milliseconds / 1000, places: 1)) s" }
        if milliseconds < 120_000 { return "\(whole(milliseconds / 1000)) s" }
        return span(seconds: milliseconds / 1000)
    }

    /// `12s`, `5m 07s`, `4h 05m`, `3d 04h`.
    package static func span(seconds: Double) -> String {
        let total = max(0, whole(seconds))
        if total < 60 { return "\(total)s" }
        if total < 3_600 { return "\(total / 60)m \(two(total % 60))s" }
        if total < 86_400 { return "\(total / 3_600)h \(two(total % 3_600 / 60))m" }
        return "\(total / 86_400)d \(two(total % 86_400 / 3_600))h"
    }

    /// `38%`, or `–` where there is nothing to take a share of.
    package static func percent(_ part: Double, of whole: Double) -> String {
        guard whole > 0, part.isFinite else { return "–" }
        let share = part / whole * 100
        if share > 0, share < 0.95 { return "<1%" }
        return "\(Self.whole(share))%"
    }

    /// The time of day of a moment: `12:00:05`.
    package static func clock(unixMilliseconds: Int64, utcOffsetSeconds: Int) -> String {
        let seconds = unixMilliseconds / 1000 &+ Int64(utcOffsetSeconds)
        let day = Int(((seconds % 86_400) + 86_400) % 86_400)
        return "\(two(day / 3_600)):\(two(day % 3_600 / 60)):\(two(day % 60))"
    }

    private static func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
