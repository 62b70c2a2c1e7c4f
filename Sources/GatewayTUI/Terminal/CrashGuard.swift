import Glibc

/// All that the crash handler touches, made before there is a crash.
private struct CrashState {
    var descriptor: Int32
    var saved: termios
    var bytes: UnsafeMutablePointer<UInt8>
    var byteCount: Int
    var previous: UnsafeMutablePointer<sigaction>
    var realStandardError: Int32
    var logStart: off_t
    var scratch: UnsafeMutablePointer<UInt8>
}

private let scratchSize = 4_096

// Written once before the handlers are installed and read by the handler only; a plain nil needs no lazy initialiser,
// which a signal handler could not run.
nonisolated(unsafe) private var crashState: UnsafeMutablePointer<CrashState>? = nil

/// Only calls that are safe in a signal handler: write, tcsetattr, pread, dup2, sigaction, raise.
private func handleCrash(_ signal: Int32) {
    guard let state = crashState else { return }
    if state.pointee.descriptor >= 0 {
        _ = write(state.pointee.descriptor, state.pointee.bytes, state.pointee.byteCount)
        _ = tcsetattr(state.pointee.descriptor, TCSANOW, &state.pointee.saved)
        if state.pointee.realStandardError >= 0 {
            // What was said on standard error while the screen was ours, a trap's message above all.
            let count = pread(STDERR_FILENO, state.pointee.scratch, scratchSize, state.pointee.logStart)
            _ = dup2(state.pointee.realStandardError, STDERR_FILENO)
            if count > 0 { _ = write(STDERR_FILENO, state.pointee.scratch, count) }
        }
        state.pointee.descriptor = -1
    }
    _ = sigaction(signal, state.pointee.previous + Int(signal), nil)
    _ = raise(signal)
}

/// Gives the terminal back when the program itself dies.
enum CrashGuard {
    private static let signals = [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT]
    private static let signalCount = 65

    /// Installs the handlers. `bytes` turn off every mode that was turned on.
    static func install(descriptor: Int32, saved: termios, bytes: String, realStandardError: Int32, logStart: off_t) {
        let text = Array(bytes.utf8)
        let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, text.count))
        buffer.initialize(from: text, count: text.count)
        let previous = UnsafeMutablePointer<sigaction>.allocate(capacity: signalCount)
        previous.initialize(repeating: sigaction(), count: signalCount)
        let state = UnsafeMutablePointer<CrashState>.allocate(capacity: 1)
        state.initialize(
            to: CrashState(
                descriptor: descriptor,
                saved: saved,
                bytes: buffer,
                byteCount: text.count,
                previous: previous,
                realStandardError: realStandardError,
                logStart: logStart,
                scratch: UnsafeMutablePointer<UInt8>.allocate(capacity: scratchSize)
            )
        )
        // A stack overflow leaves no stack to handle it on.
        var stack = stack_t()
        let size = 64 * 1_024
        stack.ss_sp = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
        stack.ss_size = size
        sigaltstack(&stack, nil)
        crashState = state
        for signal in signals {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = handleCrash
            action.sa_flags = Int32(SA_ONSTACK)
            sigaction(signal, &action, previous + Int(signal))
        }
    }

    /// The terminal has been given back in an orderly way.
    static func disarm() { crashState?.pointee.descriptor = -1 }
}
