/// A value as every database takes it.
enum SQLValue: Sendable, Equatable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
}

/// What a column holds, in whatever database.
enum ColumnKind: Sendable {
    case text
    case integer
    case real
    /// 0 or 1.
    case flag
    /// Whole nano-dollars. Its name ends in `_nanousd`; where amounts are shown in dollars the end is `_usd`.
    case money
}

/// A column of a table that more than one database has.
struct StoredColumn: Sendable {
    let name: String
    let kind: ColumnKind
    let isOptional: Bool

    init(_ name: String, _ kind: ColumnKind, isOptional: Bool = false) {
        self.name = name
        self.kind = kind
        self.isOptional = isOptional
    }

    /// The row was written by a daemon that had simulated backends only.
    static let isDemo = StoredColumn("is_demo", .flag)
}
