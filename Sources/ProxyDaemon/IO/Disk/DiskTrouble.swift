import GRDB

/// Why the database cannot be used, or not be written to.
enum DiskTrouble: Error, Equatable {
    /// The file is no database, is damaged, or was made by a newer gateway: it is moved aside.
    case damaged(String)
    case locked
    case full
    case readOnly
    /// The file or its directory cannot be used.
    case unusable(String)
    /// Reads are not answered in time.
    case slow
    /// A statement failed for another reason. What was to be written is given up, as it would fail again.
    case refused(String)

    init(_ error: any Error) {
        switch error {
        case let trouble as DiskTrouble: self = trouble
        case let error as SystemError: self = .unusable(error.description)
        case let error as DatabaseError:
            switch error.resultCode {
            case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_FORMAT: self = .damaged(error.message ?? "damaged")
            case .SQLITE_BUSY, .SQLITE_LOCKED: self = .locked
            case .SQLITE_FULL: self = .full
            case .SQLITE_READONLY: self = .readOnly
            case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH, .SQLITE_IOERR, .SQLITE_NOMEM, .SQLITE_NOLFS,
                .SQLITE_PROTOCOL:
                self = .unusable(error.message ?? "error \(error.resultCode.rawValue)")
            default: self = .refused(error.message ?? "error \(error.resultCode.rawValue)")
            }
        // A column that is not what this gateway writes there.
        case is RowDecodingError: self = .damaged("unexpected data")
        default: self = .refused("\(error)")
        }
    }

    /// Whether what could not be written may be written later.
    var mayPass: Bool {
        switch self {
        case .damaged, .locked, .full, .readOnly, .unusable, .slow: true
        case .refused: false
        }
    }

    /// What a person reads of it; `meanwhile` is what the gateway does while the file cannot be used.
    func sentence(_ path: String, _ meanwhile: String) -> String {
        switch self {
        case .damaged(let detail): "\(path) is damaged (\(detail)) and could not be replaced; \(meanwhile)"
        case .locked: "\(path) is locked by another process; tried again until it lets go, \(meanwhile)"
        case .full: "\(path): no room to write, the disk is full; tried again until there is some, \(meanwhile)"
        case .readOnly: "\(path) cannot be written to: make it and its directory writable for this user; \(meanwhile)"
        case .unusable(let detail): "\(detail) (\(path)); tried again until it works, \(meanwhile)"
        case .slow: "\(path): the disk does not answer in time; tried again until it does, \(meanwhile)"
        case .refused(let detail): "\(path) refuses to be written to (\(detail)); tried again, \(meanwhile)"
        }
    }

    /// Whether it is the same kind of trouble: only another kind is told again.
    func isLike(_ other: DiskTrouble?) -> Bool {
        switch (self, other) {
        case (.damaged, .damaged), (.locked, .locked), (.full, .full), (.readOnly, .readOnly),
            (.unusable, .unusable), (.slow, .slow), (.refused, .refused):
            true
        default: false
        }
    }
}
