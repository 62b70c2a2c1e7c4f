import Glibc

/// The machine.
package enum System {
    /// Processors this process may use.
    package static var coreCount: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }
}
