/// A table of the state database of which a PostgreSQL server has a copy, row by row.
struct ArchivedTable: Sendable {
    let name: String
    /// What the server has of it. The first is unique there, so that a row that is sent again changes nothing.
    let columns: [StoredColumn]
    /// The file's own column that tells in which order rows were written; no number is given twice.
    let number: String

    static let exchanges = ArchivedTable(
        name: "exchanges",
        columns: ExchangeColumn.all.map(\.stored) + [.isDemo],
        number: "seq"
    )
    static let outcomes = ArchivedTable(name: "routing_outcomes", columns: OutcomeRows.stored, number: "id")
    static let feedback = ArchivedTable(name: "feedback", columns: FeedbackRows.stored, number: "id")

    static let all = [exchanges, outcomes, feedback]

    /// For statements.
    var columnNames: String { columns.map(\.name).joined(separator: ", ") }

    /// Inserts a row into the file, with a place for each of its columns.
    var insertion: String {
        let places = Array(repeating: "?", count: columns.count).joined(separator: ", ")
        return "INSERT INTO \(name) (\(columnNames)) VALUES (\(places))"
    }
}
