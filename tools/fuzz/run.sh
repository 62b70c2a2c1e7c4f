#!/bin/bash
# Builds the fuzzers with AddressSanitizer, replays what they found before, then runs each for a while: one line a target, the
# sum at the end, 1 where one fails. `run.sh build` only builds.
#
# FUZZ_SECONDS is for each target, 0 only replays; TARGETS are some of them, FUZZ_JOBS how many run at once, FUZZ_TIMEOUT the
# seconds that one input may take: more where the machine has other work. What they find on the way stays in FUZZ_FOUND
# (.build-fuzz/found), so that the next run goes on from there. FUZZ_BINARY is a program that is built already. With FUZZ=quick
# what is fuzzed is not optimised and built sooner; FUZZ_SCRATCH=.build FUZZ_CONFIGURATION=debug takes the libraries that a build
# for tests has left.
set -u -o pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root" || exit 2
seconds=${FUZZ_SECONDS:-30}
jobs=${FUZZ_JOBS:-1}
scratch=${FUZZ_SCRATCH:-.build-fuzz}
configuration=${FUZZ_CONFIGURATION:-release}
fuzz=${FUZZ_BINARY:-$scratch/$configuration/fuzz}
found=${FUZZ_FOUND:-.build-fuzz/found}
mkdir -p "$found"

if [[ -z ${FUZZ_BINARY:-} ]]; then
    # libFuzzer's loop without its main, from beside the compiler.
    driver=$(dirname "$(readlink -f "$(command -v swiftc)")")/../lib/swift/clang/lib/linux/libclang_rt.fuzzer_no_main-$(uname -m).a
    [[ -f $driver ]] || { echo "fuzz: $driver is not there; it comes with the Swift toolchain" >&2; exit 2; }
    # shellcheck disable=SC2086
    FUZZ=${FUZZ:-1} swift build -c "$configuration" --scratch-path "$scratch" --product fuzz ${SWIFT_FLAGS:-} \
        -Xlinker "$driver" -Xlinker -lstdc++ || exit 2
fi
[[ ${1:-} == build ]] && exit 0

# A trap is to end the process at once, without Swift's own backtrace; libFuzzer keeps the input. Leaks are the soak's business.
export SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0

# One target. Leaves its line in a file, and beside it how many executions there were.
run() {
    local target=$1 log=$found/$1.log words=Tests/Fuzz/dictionaries/$1.dict code runs covered verdict=ok
    local options=("-timeout=${FUZZ_TIMEOUT:-20}" -rss_limit_mb=2048 -malloc_limit_mb=512 -print_final_stats=1 "-artifact_prefix=$found/$target-")
    mkdir -p "$found/$target" "Tests/Fuzz/corpus/$target"
    [[ -f $words ]] && options+=("-dict=$words")
    if ((seconds > 0)); then options+=("-max_total_time=$seconds"); else options+=(-runs=0); fi
    "$fuzz" "$target" "${options[@]}" "$found/$target" "Tests/Fuzz/corpus/$target" >"$log" 2>&1
    code=$?
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    covered=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
    if ((code != 0)); then
        verdict="FAIL $(grep -a -m 1 -E 'property broken|Fatal error|ERROR: ' "$log" | head -c 300)"
        verdict+="; input $(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)"
    fi
    printf '%-18s %10s executions %7s/s %6s edges  %s\n' "$target" "${runs:-0}" \
        "$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")" "${covered:-0}" "$verdict"
    echo "${runs:-0} $code" >"$found/$target.result"
}

targets=${TARGETS:-$("$fuzz" | cut -f 1)}
for target in $targets; do
    rm -f "$found/$target.result"
    while (($(jobs -r | wc -l) >= jobs)); do wait -n; done
    run "$target" &
done
wait

passed=0 failed=0 sum=0
for target in $targets; do
    read -r runs code <"$found/$target.result" || { runs=0 code=1; }
    sum=$((sum + runs))
    if ((code == 0)); then passed=$((passed + 1)); else failed=$((failed + 1)); fi
done
echo "$sum executions"
echo "$passed passed, $failed failed"
((failed == 0))
