# What the set-up scripts share: messages, the choice of Python, installing. Sourced, POSIX sh.

say() { printf '%s\n' "$*" >&2; }

die() {
    say "$*"
    exit 1
}

# True where system packages can be installed without asking anyone.
can_apt() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; }

# apt_install PACKAGE...: quiet unless it fails. The package lists of a fresh machine are empty and
# those of an old one point at files that are gone, hence the second try.
apt_install() {
    say "Installing system packages: $*"
    ai_log=$(mktemp)
    apt_quietly install -y --no-install-recommends "$@" >"$ai_log" 2>&1 \
        || { apt_quietly update && apt_quietly install -y --no-install-recommends "$@"; } \
            >"$ai_log" 2>&1 \
        || { cat "$ai_log" >&2; rm -f "$ai_log"; return 1; }
    rm -f "$ai_log"
}

apt_quietly() { DEBIAN_FRONTEND=noninteractive apt-get -q "$@" </dev/null; }

# "3.11" for a command that runs, nothing otherwise (a version manager's shim may not run).
python_version() {
    "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null
}

# Prints the Python to build with: 3.11 to 3.13 first, since TensorFlow follows new ones late.
find_python() {
    if [ -n "${PYTHON:-}" ]; then
        case "$(python_version "$PYTHON")" in
            3.1[1-9] | 3.[2-9][0-9]) printf '%s\n' "$PYTHON"; return 0 ;;
        esac
        say "PYTHON=$PYTHON is not a Python 3.11 or newer that runs; name another or leave it out."
        return 1
    fi
    fp_newer=
    for fp_name in python3 python3.13 python3.12 python3.11 python python3.14 python3.15; do
        case "$(python_version "$fp_name")" in
            3.11 | 3.12 | 3.13) printf '%s\n' "$fp_name"; return 0 ;;
            3.1[4-9] | 3.[2-9][0-9]) [ -n "$fp_newer" ] || fp_newer=$fp_name ;;
        esac
    done
    if [ -n "$fp_newer" ]; then
        say "Only Python $(python_version "$fp_newer") found; if TensorFlow has no package for it yet," \
            "install Python 3.13 and run again."
        printf '%s\n' "$fp_newer"
        return 0
    fi
    fp_found=$(python_version python3) || fp_found="none that runs"
    say "Found Python: $fp_found. Python 3.11 or newer is needed (python3, python3.11," \
        "python3.12 or python3.13 on the PATH). Install one, or name it: make demo PYTHON=/path/to/python3"
    return 1
}

# make_venv PYTHON FOLDER: an empty environment with pip in it.
make_venv() {
    if ! "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        mv_package="python$(python_version "$1")-venv"
        if can_apt; then
            apt_install "$mv_package" || die "Could not install $mv_package."
        elif command -v apt-get >/dev/null 2>&1; then
            die "$1 cannot make environments. Run: sudo apt-get install -y $mv_package"
        else
            die "$1 cannot make environments (no ensurepip). Install its 'venv' package and run again."
        fi
    fi
    "$1" -m venv "$2" || die "Could not make an environment in $2."
}

# pip_install FOLDER ARGUMENTS...: with uv where it can be had (four times as fast), else with pip.
pip_install() {
    pi_venv=$1
    shift
    if pi_uv=$(find_uv "$pi_venv"); then
        "$pi_uv" pip install -q --compile-bytecode --python "$pi_venv/bin/python" "$@" </dev/null && return 0
        say "uv could not install; trying again with pip."
    fi
    "$pi_venv/bin/python" -m pip install -q --disable-pip-version-check "$@" </dev/null
}

# Prints a uv that may be used. A package index set for pip is unknown to uv: then pip is right.
find_uv() {
    if [ -x "$1/bin/python" ] && "$1/bin/python" -m pip config list 2>/dev/null \
        | grep -Eq '(^|\.)index-url='; then
        return 1
    fi
    if command -v uv >/dev/null 2>&1; then
        command -v uv
        return 0
    fi
    [ -x "$1/bin/uv" ] || "$1/bin/python" -m pip install -q --disable-pip-version-check uv \
        >/dev/null 2>&1 </dev/null || return 1
    printf '%s\n' "$1/bin/uv"
}
