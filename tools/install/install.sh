#!/usr/bin/env bash
# Puts the built programs, the configuration, the documentation and the systemd unit into place.
# PREFIX (/usr/local) and DESTDIR (nothing) say where; what is there of a configuration stays.
set -euo pipefail
cd "$(dirname "$0")/../.."
prefix=${PREFIX:-/usr/local}
root=${DESTDIR:-}
for program in gatewayd gateway-tui; do
    install -D -m 0755 ".build/release/$program" "$root$prefix/bin/$program"
done
if [[ ! -e $root/etc/llm-gateway/config.yaml ]]; then
    install -D -m 0644 config.yaml "$root/etc/llm-gateway/config.yaml"
fi
if [[ ! -e $root/etc/llm-gateway/environment ]]; then
    install -D -m 0600 /dev/null "$root/etc/llm-gateway/environment"
fi
install -D -m 0644 README.md "$root$prefix/share/doc/llm-gateway/README.md"
install -d "$root$prefix/share/doc/llm-gateway/docs"
cp -R docs/. "$root$prefix/share/doc/llm-gateway/docs/"
units=$root/etc/systemd/system
install -d "$units"
for unit in gatewayd.service gatewayd.socket; do
    sed "s|@PREFIX@|$prefix|g" "tools/install/$unit" > "$units/$unit"
    chmod 0644 "$units/$unit"
done
model=$prefix/share/llm-gateway/models/all-MiniLM-L6-v2
here=${XDG_DATA_HOME:-$HOME/.local/share}/llm-gateway/models/all-MiniLM-L6-v2
if [[ -d $here && ! -e $root$model ]]; then
    install -d "$root$model"
    cp "$here"/* "$root$model/"
    chmod -R a+rX "$root$model"
fi
echo "installed into $root$prefix; keys go into $root/etc/llm-gateway/environment, then: systemctl enable --now gatewayd"
