#!/usr/bin/env bash
# Starts the gateway in the background and its dashboard in front; when the dashboard ends, the gateway ends too, unless
# it was running before. Arguments go to gatewayd. Without a terminal it only starts the gateway and says where it is.
set -euo pipefail
programs=${GATEWAY_BIN_DIR:-$(cd "$(dirname "$0")/.." && pwd)/.build/release}
gatewayd=$programs/gatewayd
tui=$programs/gateway-tui
patience=15 # seconds for the gateway to start
log_limit=5242880

state=${XDG_STATE_HOME:-$HOME/.local/state}/llm-gateway
log=$state/gatewayd.log
daemon= # the process started here; empty when there is none of ours

[[ -x $gatewayd && -x $tui ]] || { echo "run: the programs are not built; type: make build" >&2; exit 1; }

# The control socket: from the arguments, from the configuration, or the standard place.
find_socket() {
    local previous= argument configured
    for argument in "$@"; do
        [[ $previous == --socket ]] && { echo "$argument"; return; }
        [[ $argument == --socket=* ]] && { echo "${argument#--socket=}"; return; }
        previous=$argument
    done
    configured=$("$gatewayd" check-config "$@" 2>/dev/null | awk '
        /^[^ ]/ { section = $1 }
        section == "control:" && $1 == "socket:" { sub(/^ *socket: */, ""); print }' || true)
    if [[ -n $configured && $configured != null ]]; then
        echo "$configured"
    elif [[ ${XDG_RUNTIME_DIR:-} == /* ]]; then
        echo "$XDG_RUNTIME_DIR/llm-gateway/gateway.sock"
    else
        echo "/tmp/llm-gateway-$(id -u)/gateway.sock"
    fi
}

# Prints the process id and the address of the gateway behind the socket; fails while there is none.
ask() {
    python3 - "$1" <<'PYTHON' 2>/dev/null
import json, socket, sys
with socket.socket(socket.AF_UNIX) as connection:
    connection.settimeout(2)
    connection.connect(sys.argv[1])
    stream = connection.makefile("rw", encoding="utf-8", newline="\n")
    def call(number, method, params):
        stream.write(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}) + "\n")
        stream.flush()
        for line in stream:
            message = json.loads(line)
            if message.get("id") == number:
                return message["result"]
        raise EOFError
    call(1, "hello", {"protocol": 1, "client": "run.sh"})
    status = call(2, "daemon.status", {})
    print(status["pid"], status["base_url"])
PYTHON
}

stop() {
    [[ -n $daemon ]] || return 0
    kill -TERM "$daemon" 2>/dev/null || true
    for _ in {1..100}; do
        kill -0 "$daemon" 2>/dev/null || break
        sleep 0.1
    done
    daemon=
}

give_up() {
    echo "run: $1; the end of $log:" >&2
    tail -n 20 "$log" >&2
    exit 1
}

mkdir -p "$state"
if [[ -f $log ]] && (($(stat -c %s "$log") > log_limit)); then mv "$log" "$log.1"; fi
socket=$(find_socket "$@")

# A session of its own: the terminal's Ctrl-C is for the dashboard.
setsid "$gatewayd" "$@" >>"$log" 2>&1 </dev/null &
daemon=$!
trap stop EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

pid= url=
deadline=$((SECONDS + patience))
while ((SECONDS < deadline)); do
    if ! kill -0 "$daemon" 2>/dev/null; then
        code=0
        wait "$daemon" || code=$?
        daemon=
        # 3: another one is running already, which then is the one to look at, and not ours to stop.
        ((code == 3)) || give_up "gatewayd ended with code $code"
        read -r pid url < <(ask "$socket") || give_up "another gatewayd is running and does not answer on $socket"
        break
    fi
    if read -r pid url < <(ask "$socket") && [[ $pid == "$daemon" ]]; then break; fi
    pid=
    sleep 0.1
done
[[ -n $pid ]] || give_up "gatewayd did not answer on $socket within $patience seconds"

if [[ ! -t 0 || ! -t 1 ]]; then
    echo "gatewayd (pid $pid) listens on $url; its log is $log; stop it with: kill $pid"
    daemon= # left running
    exit 0
fi
code=0
"$tui" --socket "$socket" || code=$?
exit "$code"
