package import GatewayCore

/// Where things are kept on disk.
package enum StoragePlace {
    /// The state database's file: `storage.path`, else `gateway.db` in the user's state directory; nil where the environment
    /// names no home either.
    package static func database(_ storage: Settings.Storage, environment: [String: String]) -> String? {
        storage.path ?? StateFiles.standardDirectory(environment: environment).map { "\($0)/gateway.db" }
    }

    /// The directory of the state database; what is cached lies beside it.
    package static func directory(_ storage: Settings.Storage, environment: [String: String]) -> String? {
        guard let path = storage.path else { return StateFiles.standardDirectory(environment: environment) }
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Whether the state database would lie where the cache does.
    package static func isCache(_ storage: Settings.Storage) -> Bool {
        storage.path?.split(separator: "/").last == "cache.db"
    }
}
