import CProgram
import Glibc

/// What the system grants this process: how many files and sockets it may have open, and what that means for its clients.
package enum Descriptors {
    /// Raises the soft limit to the hard one; gives the limit that holds.
    package static func raiseLimit() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1_024 }
        if limit.rlim_cur < limit.rlim_max {
            var raised = limit
            raised.rlim_cur = limit.rlim_max
            if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
        }
        return Int(clamping: limit.rlim_cur)
    }

    /// Keeps what this process has from the machine's other users, for the keys are in its memory: files that it makes are
    /// its own user's, no core file is written should it crash, and no process of the same user reads its memory or its
    /// environment. Called before anything is written; what others may read says so itself.
    package static func confine() {
        umask(0o077)
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        _ = setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        _ = gw_forbid_dumps()
    }

    /// How many are open now.
    package static func open() -> Int {
        guard let directory = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        // Two entries are no descriptors, and one is the directory itself.
        return max(0, count - 3)
    }

    /// What is kept for files, Redis and the control socket, and for telling those who are turned away.
    static let reserve = 16

    /// How many clients can be served at once: each may need a connection to a provider, too.
    package static func clients(limit: Int, open: Int) -> Int { max(1, (limit - open - reserve) / 2) }
}
