import CProgram
import Glibc

/// The pages of the program's own code that are in memory.
package enum ProgramCode {
    /// Lets go of those that were needed to start. What runs on is mapped again when it is next reached, from the system's
    /// cache: a start reads through more than half of the code, of which a gateway at rest needs a fifth.
    package static func release() {
        let code = gw_program_code()
        let page = UInt(max(1, sysconf(Int32(_SC_PAGESIZE))))
        let start = UInt(code.start) / page * page
        guard code.size > 0, let address = UnsafeMutableRawPointer(bitPattern: start) else { return }
        // Read-only pages of a file: nothing is lost, whatever runs meanwhile. Where it is refused they just stay.
        _ = madvise(address, Int(UInt(code.start) - start) + code.size, MADV_DONTNEED)
    }
}
