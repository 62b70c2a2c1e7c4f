#!/usr/bin/env bash
# Installs what building and testing need: Debian packages and two Python environments for the tests.
# Safe to run again; takes a moment when nothing is missing. Swift itself is not installed here.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
    printf 'setup: %s\n' "$@" >&2
    exit 1
}

check_swift() {
    local needed found
    needed=$(sed -n '1s/.*swift-tools-version: *//p' Package.swift)
    command -v swift >/dev/null || fail \
        "there is no swift in PATH, and the gateway needs Swift $needed or newer." \
        "Install it as https://www.swift.org/install/linux says, then run make setup again."
    found=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
    [[ -n $found ]] || fail "swift is in PATH ($(command -v swift)) but does not run; try: swift --version"
    [[ $(printf '%s\n' "$needed" "$found" | sort -V | head -n 1) == "$needed" ]] || fail \
        "this is Swift $found, and the gateway needs $needed or newer." \
        "Install it as https://www.swift.org/install/linux says, then run make setup again."
}

install_packages() {
    local wanted=(libcurl4-openssl-dev libncurses-dev tmux python3-venv python3-pip)
    local missing=() package installed line as_root=()
    for package in gcc g++ make git; do
        command -v "$package" >/dev/null || missing+=("$package")
    done
    command -v dpkg-query >/dev/null || fail \
        "this system has no Debian packages. Install the like of these by hand: ${wanted[*]} ${missing[*]-}"
    installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null || true)
    for package in "${wanted[@]}"; do
        grep -qx "$package installed" <<<"$installed" || missing+=("$package")
    done
    ((${#missing[@]})) || return 0

    line="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
    command -v apt-get >/dev/null || fail "these packages are missing, and there is no apt-get: ${missing[*]}"
    if ((EUID != 0)); then
        as_root=(sudo)
        command -v sudo >/dev/null || fail "these packages are missing: ${missing[*]}" "As root, type: $line"
        # Without a terminal nobody could answer sudo's question.
        [[ -t 0 ]] || sudo -n true 2>/dev/null || fail \
            "these packages are missing: ${missing[*]}" "Type: sudo sh -c '$line'"
    fi
    echo "setup: installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    # Old lists often do; a mirror that cannot be reached shows at the installing.
    "${as_root[@]}" apt-get -qq update || true
    "${as_root[@]}" apt-get -qq install -y --no-install-recommends "${missing[@]}" || fail \
        "apt-get could not install them (is there a network?). When there is, type: ${as_root[*]} sh -c '$line'"
}

# make_venv DIRECTORY REQUIREMENTS: a Python environment, made anew when its requirements have changed.
make_venv() {
    local directory=$1 requirements=$2 stamp=$1/.complete
    if [[ -x $directory/bin/python ]] && cmp -s "$requirements" "$stamp"; then return 0; fi
    echo "setup: making $directory from $requirements"
    rm -rf "$directory"
    python3 -m venv "$directory" || fail "python3 -m venv $directory failed; type: sudo apt-get install python3-venv"
    "$directory/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$requirements" || fail \
        "pip could not install $requirements (is there a network?). Then run make setup again."
    cp "$requirements" "$stamp"
}

check_swift
install_packages
make_venv .venv-test Tests/BlackBox/requirements.txt
make_venv .venv-old-sdk Tests/BlackBox/requirements-old-sdk.txt
