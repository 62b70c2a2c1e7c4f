#!/usr/bin/env bash
# Measures what the gateway adds to a request, beside nginx as a plain reverse proxy, in one interleaved run.
#
#   tools/bench/run.sh [-r ROUNDS] [-d SECONDS] [-b GATEWAYD] [PEER...]
#
# The load kit (fake provider, load generator, peers) is read from $SHARED_DIR/kits/load, by default ../shared beside the
# repository. Needs root for a network namespace of its own, so that nothing else on the machine is in the way.
# With -b another build of gatewayd is measured beside this one, as "before". PEERs are names of the kit's peers, such as
# rolter or litellm-1; their programs are looked for under $VENVS.
set -euo pipefail
repository=$(cd "$(dirname "$0")/../.." && pwd)
shared=${SHARED_DIR:-$repository/../shared}
gatewayd=${GATEWAY_BIN_DIR:-$repository/.build/release}/gatewayd
rounds=3 seconds=2 before=
while getopts r:d:b: option; do
    case $option in r) rounds=$OPTARG ;; d) seconds=$OPTARG ;; b) before=$(realpath "$OPTARG") ;; *) exit 2 ;; esac
done
shift $((OPTIND - 1))

fail() { echo "bench: $1" >&2; exit 1; }
[[ -d $shared/kits/load ]] || fail "no load kit at $shared/kits/load; set SHARED_DIR"
[[ -x $gatewayd ]] || fail "$gatewayd is not built; type: make build"
[[ $(id -u) == 0 ]] || fail "needs root for a network namespace; type: sudo make bench"
missing=()
for tool in gcc:gcc nginx:nginx-light ip:iproute2 chrt:util-linux python3:python3; do
    command -v "${tool%%:*}" >/dev/null || missing+=("${tool#*:}")
done
((${#missing[@]} == 0)) || fail "tools are missing; type: apt-get install ${missing[*]}"

work=$(mktemp -d)
chmod 755 "$work" # nginx drops its rights and must still reach its cache
export RUN=$work/run NS=gwbench RT=10 VENVS=${VENVS:-$repository/.venv-peers}
mkdir -p "$RUN"
cp -r "$shared/kits/load/." "$work/kit"
cd "$work/kit"
gcc -O2 -o upstream/fakeup upstream/fakeup.c -lpthread
gcc -O2 -o load/lg load/lg.c -lm
python3 load/mkbodies.py load/bodies >/dev/null

made_namespace=
if ! ip netns list | grep -qw "$NS"; then
    ip netns add "$NS" && ip -n "$NS" link set lo up
    made_namespace=1
fi
pids=()
finish() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    peers/peers.sh stopall >/dev/null 2>&1 || true
    [[ -z $made_namespace ]] || ip netns del "$NS" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT

# A gateway with its upstream on the fake provider; $1 port, $2 further configuration, $3 the program. Sets `pid`.
start_gateway() {
    local port=$1 program=${3:-$gatewayd} backend
    {
        echo "models:"
        for backend in haiku:claude-haiku-4-5-20251001:fast sonnet:claude-sonnet-4-6:balanced opus:claude-opus-4-7:premium; do
            IFS=: read -r name model tier <<<"$backend"
            echo "  - {name: $name, provider: anthropic, model: $model, base_url: 'http://127.0.0.1:9100', tier: $tier}"
        done
        echo "classifier: {mode: rule_based}"
        # The way without embeddings: what they take, `make bench-embedding` tells. An older build may not know of them.
        if "$program" check-config --config "$work/without.yaml" >"$work/check.log" 2>&1; then cat "$work/without.yaml"; fi
        echo "$2"
    } >"$work/$port.yaml"
    # The same rank as the peers have, on the other processor than the load generator.
    # Books of its own: the user's would fill with what is only measured.
    XDG_STATE_HOME=$work/state-$port \
        ip netns exec "$NS" taskset -c 0 chrt -f "$RT" "$program" --config "$work/$port.yaml" --port "$port" \
        --socket "$work/$port.sock" >"$work/$port.log" 2>&1 &
    pid=$!
    pids+=("$pid")
    for _ in {1..100}; do
        grep -q "listens on" "$work/$port.log" && return
        sleep 0.05
    done
    cat "$work/$port.log" >&2
    fail "the gateway did not start"
}

echo "embedding: {enabled: false}" >"$work/without.yaml"
PIN=1 peers/peers.sh start fakeup >&2
PIN=0 peers/peers.sh start nginx >&2
PIN=0 peers/peers.sh start nginx-cache >&2
for peer in "$@"; do PIN=0 peers/peers.sh start "$peer" >&2; done

# The cache is on and bounded, so that memory under load is the gateway's own and the cache's bound.
start_gateway 18080 "cache: {max_bytes: 16777216, max_entry_bytes: 65536}"
gateways=("gateway,http://127.0.0.1:18080,$pid")
loaded=$pid
if [[ -n $before ]]; then
    start_gateway 18082 "cache: {max_bytes: 16777216, max_entry_bytes: 65536}" "$before"
    gateways+=("before,http://127.0.0.1:18082,$pid")
fi
./bench.sh -o "$work/out.tsv" -r "$rounds" -d "$seconds" -k anthropic \
    -w "miss:1 miss:16 miss:128 rate1000:64 sse0:16 sse2:16 sse2:128 body50k:4 body1m:2" direct nginx "$@" "${gateways[@]}"
./bench.sh -o "$work/out.tsv" -r "$rounds" -d "$seconds" -k anthropic \
    -w "hit:1 hit:16 hit:128 hit50k:4" nginx nginx-cache "${gateways[@]}"
results=$repository/bench-results
mkdir -p "$results"
cp "$work/out.tsv" "$results/last.tsv"
{
    ./table.py "$work/out.tsv"
    echo
    "$repository/tools/bench/first_byte.py" "$work/out.tsv"
} | tee "$results/last.md"
echo
echo "memory of the loaded gateway: $(awk '/VmRSS/ { printf "%.0f MB", $2 / 1024 }' "/proc/$loaded/status")"
start_gateway 18081 "cache: {enabled: false}"
echo "idle over 20 s:"
S=20 ./idle.sh gateway="$pid"
./bench.sh -o "$work/uncached.tsv" -r 1 -d "$seconds" -k anthropic -w "miss:16 miss:128 sse0:16" \
    "uncached,http://127.0.0.1:18081,$pid"
echo "memory of the loaded gateway without a cache: $(awk '/VmRSS/ { printf "%.0f MB", $2 / 1024 }' "/proc/$pid/status")"
echo "raw figures: $results/last.tsv"
