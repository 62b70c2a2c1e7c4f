/// What the C callback, which can hold nothing, has to know.
enum FuzzRun {
    /// Set once before the first input, on the only thread.
    nonisolated(unsafe) static var target: FuzzTarget?
}
