#!/usr/bin/env bash
# Runs every test, from nothing:
#
#     tests/run.sh [--no-setup] [--no-interop] [--build-dir DIR] [--timeout-multiplier N]
#                  [-- MESON_SETUP_OPTION...]
#
# With --no-interop real Keras is not asked (tests/interop): it takes minutes, and packages that are
# downloaded.
#
# Installs what building and testing needs, builds in build-tests/ and runs the suite. The last line
# says how many tests passed, failed and were skipped; the exit status is 1 when one failed. CC and
# CXX choose the compiler.
set -u -o pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build_dir=$root/build-tests
setup=yes
chosen=()
# Machines may be busy with other things; a hang still ends.
multiplier=3

while [ $# -gt 0 ]; do
    case $1 in
    --no-setup) setup=no ;;
    --no-interop) chosen=(--no-suite interop) ;;
    --build-dir) build_dir=$2 && shift ;;
    --timeout-multiplier) multiplier=$2 && shift ;;
    --) shift && break ;;
    -h | --help) sed -n '2,12s/^# \{0,1\}//p' "$0" && exit 0 ;;
    *) echo "run.sh: unknown argument $1" >&2 && exit 2 ;;
    esac
    shift
done

# Ends with the summary line also where the tests could not begin.
give_up() {
    echo "run.sh: $1" >&2
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
}

if [ "$setup" = yes ]; then
    bash "$root/docs/install-deps.sh" --tests --rust --go || give_up "the set-up failed"
fi

# A build directory that another compiler or option made is made anew.
wanted="CC=${CC:-} CXX=${CXX:-} $*"
if [ -d "$build_dir" ] && [ "$(cat "$build_dir/.configured-with" 2>/dev/null)" != "$wanted" ]; then
    rm -rf "$build_dir"
fi
if [ ! -f "$build_dir/build.ninja" ]; then
    meson setup "$build_dir" "$root" "$@" || give_up "meson setup failed"
    printf '%s' "$wanted" >"$build_dir/.configured-with"
fi
meson compile -C "$build_dir" || give_up "the build failed"

meson test -C "$build_dir" --no-rebuild --print-errorlogs --timeout-multiplier "$multiplier" ${chosen[@]+"${chosen[@]}"}
python3 "$root/tests/summary.py" "$build_dir/meson-logs/testlog.json"
