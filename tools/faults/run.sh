#!/bin/bash
# The fault kit against a freshly built daemon, in both dialects: one line a part, the sum at the end, 1 where a part fails.
# KIT is where the kit is, BINARY the daemon; PARTS, SLOW_SECONDS, CROWD and EXECS make a run shorter. SWITCHES is "off", "on"
# (cache and routing) or both. What each part wrote is in OUT.
set -u -o pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
kit=${KIT:-$root/../shared/kits/faults}
binary=${BINARY:-$root/.build/release/gatewayd}
out=${OUT:-$root/.build/faults}
parts=${PARTS:-badreq faults slow storm tenancy fuzz_http}
switches=${SWITCHES:-off on}

if [[ ! -f $kit/faulty_upstream.py ]]; then
    echo "faults: skipped, as the kit is not at $kit; set KIT=directory"
    exit 0
fi
[[ -x $binary ]] || { echo "faults: $binary is not there; type: make build" >&2; exit 2; }
mkdir -p "$out"
ulimit -n "$(ulimit -Hn)" 2>/dev/null || true

# Ports below the range that the system gives to clients: there they could be taken at any moment.
free_ports() {
    python3 - "$1" <<'PYTHON'
import random, socket, sys
found = []
while len(found) < int(sys.argv[1]):
    port = random.randrange(20_000, 32_000)
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            continue
    if port not in found:
        found.append(port)
print(*found)
PYTHON
}

children=()
end_children() {
    local child
    for child in "${children[@]}"; do kill "$child" 2>/dev/null; done
    for child in "${children[@]}"; do wait "$child" 2>/dev/null; done
    children=()
}
trap end_children EXIT

start() {
    local directory=$1 switch=$2 data ctl
    read -r port data ctl leak <<<"$(free_ports 4)"
    # The kit's images point there.
    python3 -c "import socket; socket.create_server(('127.0.0.1', 28104)).close()" 2>/dev/null && leak=28104
    rm -rf "$directory" && mkdir -p "$directory"
    python3 "$kit/faulty_upstream.py" --port "$data" --ctl-port "$ctl" --leak-port "$leak" >"$directory/upstream.log" 2>&1 &
    children+=($!)
    {
        echo "server: {host: 127.0.0.1, port: $port, read_timeout_sec: 10}"
        echo "auth: {keys: [sk-kit-client-key], admin_key: sk-kit-admin-key-0123456789}"
        echo "projects: [{name: b, keys: [sk-kit-client-key-b]}]"
        echo "control: {socket: $directory/gw.sock}"
        echo "models:"
        echo "  - {name: a, provider: anthropic, model: claude-haiku-4-5, base_url: 'http://127.0.0.1:$data', api_key: sk-upstream-secret-1, tier: fast}"
        echo "  - {name: o, provider: openai_compatible, model: gpt-4o-mini, base_url: 'http://127.0.0.1:$data', api_key: sk-upstream-secret-2, tier: fast}"
        echo "upstream: {connect_timeout_sec: 2, first_byte_timeout_sec: 6, idle_timeout_sec: 6, total_timeout_sec: 30, max_answer_bytes: 16777216}"
        if [[ $switch == on ]]; then
            echo "routing: {mode: always}"
        else
            printf '%s\n' "routing: {mode: 'off'}" "cache: {enabled: false}"
        fi
    } >"$directory/config.yaml"
    XDG_STATE_HOME=$directory/state XDG_CACHE_HOME=$directory/cache \
        "$binary" serve --config "$directory/config.yaml" >"$directory/gatewayd.log" 2>&1 &
    daemon=$!
    children+=("$daemon")
    control="http://127.0.0.1:$ctl"
    local tries
    for ((tries = 0; tries < 100; tries++)); do
        curl --silent --output /dev/null "http://127.0.0.1:$port/live" && return
        sleep 0.1
    done
    echo "faults: the gateway does not start; see $directory/gatewayd.log" >&2
    exit 2
}

passed=0 failed=0
for switch in $switches; do
    for api in anthropic openai; do
        model=claude-haiku-4-5
        [[ $api == openai ]] && model=gpt-4o-mini
        directory=$out/$api-$switch
        start "$directory" "$switch"
        for part in $parts; do
            more=()
            case $part in
            faults) more=(--deadline 40) ;;
            slow) more=(--n 500 --secs "${SLOW_SECONDS:-15}") ;;
            storm) more=(--crowd "${CROWD:-5000}") ;;
            tenancy) [[ $switch == on ]] && more=(--cache) ;;
            fuzz_http) more=(--execs "${EXECS:-20000}" --secs 120) ;;
            esac
            python3 "$kit/$part.py" --url "http://127.0.0.1:$port" --ctl "$control" --pid "$daemon" --api "$api" \
                --model "$model" "${more[@]}" >"$directory/$part.txt" 2>&1
            line=$(tail -n 1 "$directory/$part.txt")
            if [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed ]]; then
                passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
            else
                failed=$((failed + 1)) line="broke off: $line"
            fi
            echo "$part $api, cache and routing $switch: $line"
            grep '^ *FAIL' "$directory/$part.txt"
        done
        end_children
    done
done
echo "$passed passed, $failed failed"
((failed == 0))
