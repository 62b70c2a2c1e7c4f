import FuzzCoverage
import Glibc

/// libFuzzer's own loop (https://llvm.org/docs/LibFuzzer.html#using-libfuzzer-as-a-library).
@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

// `fuzz TARGET [libFuzzer's options] [directories or files]`; `fuzz` alone lists the targets.
guard CommandLine.arguments.count > 1, let chosen = FuzzTarget.all.first(where: { $0.name == CommandLine.arguments[1] })
else {
    for target in FuzzTarget.all { print(target.name, target.maximumBytes, target.property, separator: "\t") }
    exit(CommandLine.arguments.count > 1 ? 2 : 0)
}
FuzzRun.target = chosen
// The name is not libFuzzer's.
let rest = CommandLine.arguments.prefix(1) + ["-max_len=\(chosen.maximumBytes)"] + CommandLine.arguments.dropFirst(2)
// Once before libFuzzer counts anything, so that it watches the code that these inputs reach.
for argument in rest.dropFirst() { FuzzRun.replay(directory: argument, with: chosen) }
_ = fuzz_coverage_watch_touched()
var argumentCount = CInt(rest.count)
let storage = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: rest.count + 1)
for (at, argument) in rest.enumerated() { storage[at] = strdup(argument) }
storage[rest.count] = nil
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = storage
exit(
    runFuzzer(&argumentCount, &arguments) { bytes, count in
        FuzzRun.target?.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
        return 0
    }
)
