# Sourced by the other scripts: makes .venv with pinned versions once, and again only when those change.
# usage: . scripts/setup.sh EXTRAS      e.g. mpi,dev

cd "$(dirname "$0")/.." || exit 1
extras=$1

find_python() {
    for name in "${PYTHON:-}" python3.11 python3.12 python3.13 python3; do
        if [ -n "$name" ] && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$name"
            return 0
        fi
    done
    echo "setup: no Python 3.11 or newer found; install it, or name it: PYTHON=/path/to/python3 $0" >&2
    return 1
}

stamp=.venv/.installed
wanted=$(cat pyproject.toml constraints.txt | cksum)
installed=$(cat "$stamp" 2>/dev/null || true)
case "$installed" in
"$wanted "*)
    have=${installed#"$wanted "}
    case ",$have," in *",$extras,"*) ready=yes ;; *) ready=no ;; esac
    ;;
*) ready=no ;;
esac

if [ "$ready" = no ]; then
    echo "setup: installing pinned versions into .venv (once; a minute or two)" >&2
    if [ ! -x .venv/bin/python ]; then
        python=$(find_python) || exit 2
        "$python" -m venv .venv || { echo "setup: $python has no venv module (Debian: apt install python3-venv)" >&2; exit 2; }
    fi
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[$extras]" ||
        { echo "setup: pip could not install the pinned versions; see its message above" >&2; exit 2; }
    case "$installed" in "$wanted "*) extras="${installed#"$wanted "},$extras" ;; esac
    echo "$wanted $extras" > "$stamp"
fi

# One thread a rank: linear algebra of one rank must not take the cores of another.
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}" OPENBLAS_NUM_THREADS="${OPENBLAS_NUM_THREADS:-1}"
export NUMBA_NUM_THREADS="${NUMBA_NUM_THREADS:-1}"
