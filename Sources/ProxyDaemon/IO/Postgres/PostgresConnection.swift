import CPQ

/// What went wrong at a PostgreSQL server, for people. Never holds any part of the URL.
struct PostgresProblem: Error, Equatable, CustomStringConvertible {
    let description: String
    /// SQLSTATE (appendix A of PostgreSQL's manual); empty where the connection was lost.
    let code: String

    init(_ description: String, code: String = "") {
        self.description = description
        self.code = code
    }

    /// By the code that the connection itself ended: none, or that of a server that is shut down or ends a session.
    var isLostConnection: Bool { code.isEmpty || code.hasPrefix("57P") || code.hasPrefix("08") }
}

/// A connection to a PostgreSQL server. It blocks: for one thread of its own, one call at a time.
final class PostgresConnection {
    /// The most that a statement may have, by the protocol (a 16-bit count).
    static let mostParameters = 65_535
    /// The server gives a statement up after so long.
    private static let statementSeconds = 30
    private static let connectSeconds = 5

    private let connection: OpaquePointer

    /// Connects. `url` is what libpq takes: `postgresql://user:password@host:port/database?sslmode=…`, or `host=… dbname=…`.
    init(url: String) throws(PostgresProblem) {
        // What libpq cannot read it repeats in its complaint, a password as well as anything else.
        guard let parsed = PQconninfoParse(url, nil) else {
            throw PostgresProblem("the URL cannot be read: expected postgresql://user:password@host:port/database")
        }
        PQconninfoFree(parsed)
        // Later ones win; the URL is expanded where it stands. The system gives a silent peer up after 10 seconds.
        let options = [
            ("connect_timeout", "\(Self.connectSeconds)"), ("tcp_user_timeout", "10000"), ("keepalives_idle", "10"),
            ("application_name", "llm-gateway"), ("dbname", url), ("client_encoding", "UTF8"),
        ]
        let names = CStrings(options.map(\.0))
        let values = CStrings(options.map(\.1))
        let opened = names.withPointers { names in values.withPointers { PQconnectdbParams(names, $0, 1) } }
        guard let opened else { throw PostgresProblem("there is no memory for a connection") }
        guard PQstatus(opened) == CONNECTION_OK else {
            let problem = PostgresProblem(Self.oneLine(String(cString: PQerrorMessage(opened))))
            PQfinish(opened)
            throw problem
        }
        // Its notices would go to standard error.
        PQsetNoticeProcessor(opened, { _, _ in }, nil)
        connection = opened
        _ = try run("SET statement_timeout = '\(Self.statementSeconds)s'")
    }

    deinit { PQfinish(connection) }

    /// Runs one statement with its values, in text form; gives the first column of its rows.
    func run(_ sql: String, _ values: [SQLValue] = []) throws(PostgresProblem) -> [String] {
        try rows(sql, values).map { $0.first ?? "" }
    }

    /// Runs one statement with its values, in text form; gives its rows, NULL as an empty text.
    func rows(_ sql: String, _ values: [SQLValue] = []) throws(PostgresProblem) -> [[String]] {
        let texts = CStrings(values.map(\.text))
        let result = texts.withPointers {
            PQexecParams(connection, sql, Int32(values.count), nil, $0, nil, nil, 0)
        }
        defer { PQclear(result) }
        let status = PQresultStatus(result)
        guard status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK else {
            let code = PQresultErrorField(result, Self.sqlState).map { String(cString: $0) } ?? ""
            let text = String(cString: PQresultErrorMessage(result))
            throw PostgresProblem(
                Self.oneLine(text.isEmpty ? String(cString: PQerrorMessage(connection)) : text),
                code: code
            )
        }
        let columns = 0..<PQnfields(result)
        return (0..<PQntuples(result)).map { row in
            columns.map { PQgetvalue(result, row, $0).map { String(cString: $0) } ?? "" }
        }
    }

    /// `PG_DIAG_SQLSTATE`.
    private static let sqlState = Int32(UInt8(ascii: "C"))

    private static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).prefix(2).joined(separator: "; ")
    }
}

extension SQLValue {
    /// As PostgreSQL reads it; nil for NULL.
    fileprivate var text: String? {
        switch self {
        case .null: nil
        case .integer(let number): String(number)
        case .real(let number): number.description
        case .text(let text): text
        }
    }
}

/// Texts as an array of C strings, a null pointer for those that are nil and one more at the end.
private struct CStrings {
    private var bytes: [CChar] = []
    private var offsets: [Int?] = []

    init(_ texts: [String?]) {
        for text in texts {
            offsets.append(text == nil ? nil : bytes.count)
            if let text { bytes += text.utf8CString }
        }
    }

    func withPointers<Result>(_ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result) -> Result {
        bytes.withUnsafeBufferPointer { bytes in
            let pointers = offsets.map { offset in offset.flatMap { bytes.baseAddress?.advanced(by: $0) } } + [nil]
            return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
        }
    }
}
