import Dashboard
import Glibc

extension Moment {
    /// Now, in the user's time zone.
    static var now: Moment {
        var wall = timespec()
        clock_gettime(CLOCK_REALTIME, &wall)
        var monotonic = timespec()
        clock_gettime(CLOCK_MONOTONIC, &monotonic)
        var local = tm()
        localtime_r(&wall.tv_sec, &local)
        return Moment(
            unixMilliseconds: Int64(wall.tv_sec) * 1_000 + Int64(wall.tv_nsec) / 1_000_000,
            monotonicMilliseconds: Int64(monotonic.tv_sec) * 1_000 + Int64(monotonic.tv_nsec) / 1_000_000,
            utcOffsetSeconds: Int(local.tm_gmtoff)
        )
    }
}

/// The process's surroundings.
enum Environment {
    static func value(_ name: String) -> String? {
        guard let text = getenv(name) else { return nil }
        let value = String(cString: text)
        return value.isEmpty ? nil : value
    }

    static var all: [String: String] {
        var result: [String: String] = [:]
        for name in ["XDG_RUNTIME_DIR", "XDG_STATE_HOME", "HOME", "PATH"] { result[name] = value(name) }
        return result
    }

    /// Where logs of this user's programs belong: `$XDG_STATE_HOME/llm-gateway` or `~/.local/state/llm-gateway`.
    static var stateDirectory: String {
        if let state = value("XDG_STATE_HOME"), state.hasPrefix("/") { return "\(state)/llm-gateway" }
        return "\(value("HOME") ?? "/tmp")/.local/state/llm-gateway"
    }

    /// Makes a directory and those above it, for this user alone.
    static func makeDirectory(_ path: String) {
        var built = ""
        for part in path.split(separator: "/") {
            built += "/\(part)"
            _ = mkdir(built, 0o700)
        }
    }

    static func message(of error: Int32) -> String { String(cString: strerror(error)) }
}
