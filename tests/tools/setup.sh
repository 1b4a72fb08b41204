#!/bin/sh
# Make .venv and install one set of requirements into it: `setup.sh run|dev [python]`;
# `setup.sh validators`: what checks FHIR in tests, where npm can be had (else it says so).
# Takes from apt only what is absent and needed, and only as root or with sudo; else it
# prints the line to type. Needs nothing but sh, and is safe to run again at any time.
set -eu
cd "$(dirname "$0")/../.."
SET=${1:-dev}
PYTHON=${2:-python3}

say() { printf 'setup: %s\n' "$*"; }

usable_python() {
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

# install REQUIRED PACKAGE...: by apt if we may; otherwise say how, and stop if it is required.
install() {
    required=$1
    shift
    line="apt-get install -y --no-install-recommends $*"
    if ! command -v apt-get >/dev/null 2>&1; then
        say "this system has no apt; please install: $*"
    elif [ "$(id -u)" = 0 ]; then
        say "installing: $*"
        if apt-get update -qq && DEBIAN_FRONTEND=noninteractive $line >/dev/null; then return 0; fi
        say "apt failed; by hand: $line"
    elif command -v sudo >/dev/null 2>&1 && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
        say "installing with sudo: $*"
        if sudo apt-get update -qq && sudo DEBIAN_FRONTEND=noninteractive $line >/dev/null; then return 0; fi
        say "apt failed; by hand: sudo $line"
    else
        say "please type: sudo $line"
    fi
    [ "$required" = optional ] || exit 1
    say "going on without; the tests that need it will say so"
}

if [ "$SET" = validators ]; then
    READY=tests/fhir/node_modules/.ready
    missing=""
    command -v node >/dev/null 2>&1 || missing="$missing nodejs"
    command -v npm >/dev/null 2>&1 || missing="$missing npm"
    # shellcheck disable=SC2086 # words on purpose
    [ -z "$missing" ] || install optional $missing
    rm -f "$READY"
    if ! command -v npm >/dev/null 2>&1; then
        say "no npm: the tests of outbound FHIR will say that they need it"
    elif say "installing three FHIR validators, each checked against its hash" &&
        npm ci --prefix tests/fhir --ignore-scripts --no-audit --no-fund --loglevel=error; then
        touch "$READY"
        say "done"
    else
        say "npm failed; the tests of outbound FHIR will say that they need it"
    fi
    exit 0
fi

if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then # none yet, or one cut half-way
    command -v "$PYTHON" >/dev/null 2>&1 || install required python3 python3-venv
    usable_python "$PYTHON" || install required python3-venv
    usable_python "$PYTHON" || { say "$PYTHON is older than 3.11 or has no venv"; exit 1; }
    say "creating .venv with $("$PYTHON" --version)"
    "$PYTHON" -m venv --clear .venv
fi

if [ "$SET" = dev ]; then
    missing=""
    command -v git >/dev/null 2>&1 || missing="$missing git"
    command -v mosquitto >/dev/null 2>&1 || [ -x /usr/sbin/mosquitto ] || missing="$missing mosquitto"
    command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
    # shellcheck disable=SC2086 # words on purpose
    [ -z "$missing" ] || install optional $missing
    files="-r requirements/dev.txt"
else
    files="-r requirements/controller.txt -r requirements/web.txt -r requirements/fleet.txt -r requirements/hl7.txt -r requirements/sim.txt"
fi

say "installing Python packages for '$SET', each checked against its hash (a minute at most)"
# shellcheck disable=SC2086 # words on purpose
.venv/bin/python -m pip install -qq --disable-pip-version-check --require-hashes $files
touch .venv/.run
[ "$SET" = run ] || touch .venv/.dev
say "done"
