package import Shared

/// A day and a month of UTC, by number.
package struct BudgetDate: Sendable, Equatable {
    /// Days since 1970-01-01.
    package var day: Int64
    /// Months since year 0: 12 × year + month − 1.
    package var month: Int64

    package init(day: Int64, month: Int64) {
        self.day = day
        self.month = month
    }

    package init(unixSeconds: Int64) {
        day = Self.floorDivide(unixSeconds, 86_400)
        // Days to the civil calendar, years beginning in March so that the leap day is a year's last.
        let shifted = day + 719_468
        let era = Self.floorDivide(shifted, 146_097)
        let ofEra = shifted - era * 146_097
        let yearOfEra = (ofEra - ofEra / 1_460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let march = (5 * ofYear + 2) / 153
        let month = march < 10 ? march + 3 : march - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        self.month = year * 12 + month - 1
    }

    /// When the next day begins.
    package var nextDayUnixSeconds: Int64 { (day + 1) * 86_400 }

    /// When the next month begins.
    package var nextMonthUnixSeconds: Int64 { Self.days(month: month + 1) * 86_400 }

    /// `2026-12-01`.
    package var text: String {
        let first = Self.days(month: month)
        return Self.text(month: month, dayOfMonth: day - first + 1)
    }

    /// Days since 1970 of a month's first day.
    private static func days(month: Int64) -> Int64 {
        var (year, number) = (floorDivide(month, 12), month - floorDivide(month, 12) * 12 + 1)
        if number <= 2 { year -= 1 }
        let era = floorDivide(year, 400)
        let yearOfEra = year - era * 400
        number = number > 2 ? number - 3 : number + 9
        let ofYear = (153 * number + 2) / 5
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + ofYear - 719_468
    }

    private static func text(month: Int64, dayOfMonth: Int64) -> String {
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let year = floorDivide(month, 12)
        return "\(year)-\(two(month - year * 12 + 1))-\(two(dayOfMonth))"
    }

    private static func floorDivide(_ number: Int64, _ by: Int64) -> Int64 {
        number >= 0 ? number / by : -((by - 1 - number) / by)
    }
}

/// What was spent in a day or a month. One earlier or later one is remembered, so that a clock that jumps and comes back
/// neither forgets nor invents anything.
package struct BudgetWindow: Sendable, Equatable {
    package private(set) var index: Int64
    package private(set) var spent: USD
    private var other: (index: Int64, spent: USD)?

    package init(index: Int64, spent: USD = .zero) {
        self.index = index
        self.spent = spent
    }

    package mutating func turn(to index: Int64) {
        guard index != self.index else { return }
        let earlier = other
        other = (self.index, spent)
        self.index = index
        spent = earlier?.index == index ? earlier?.spent ?? .zero : .zero
    }

    package mutating func add(_ amount: USD) { spent += amount }

    package static func == (left: Self, right: Self) -> Bool { left.index == right.index && left.spent == right.spent }
}

/// A scope's sums.
package struct BudgetAccount: Sendable, Equatable {
    package var day: BudgetWindow
    package var month: BudgetWindow
    /// Put aside for calls under way.
    package var reserved: USD

    package init(day: BudgetWindow, month: BudgetWindow, reserved: USD = .zero) {
        self.day = day
        self.month = month
        self.reserved = reserved
    }

    init(_ date: BudgetDate) {
        self.init(day: BudgetWindow(index: date.day), month: BudgetWindow(index: date.month))
    }

    mutating func turn(to date: BudgetDate) {
        day.turn(to: date.day)
        month.turn(to: date.month)
    }
}
