#!/usr/bin/env bash
# Real Keras loads what the library writes, trains on and saves; the library goes on with that:
#
#     tests/interop/run.sh --build-dir DIR [--generation today|old|all] [--require] [--environments DIR]
#
# DIR is a build with tests. `today` is Keras 3 and tf_keras on a TensorFlow of today, `old` is TensorFlow
# 2.15 with its own Keras. Each has an environment of its own, made where it is missing, from packages
# that are downloaded (about 300 MB each), and kept: in DIR/environments, or where --environments says.
# The last line sums up. Where no packages can be had the exit status is 77 and a line says why; with
# --require that is a failure.
#
#     TINYLSTM_PYTHON, TINYLSTM_OLD_PYTHON   a Python that has them, instead of an environment made here
#     TINYLSTM_INTEROP_SECONDS               how long making an environment may take (300)
set -u -o pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build_dir=build-tests
environments=
generations="today old"
required=no
while [ $# -gt 0 ]; do
    case $1 in
    --build-dir) build_dir=$2 && shift ;;
    --environments) environments=$2 && shift ;;
    --generation) [ "$2" = all ] || generations=$2 && shift ;;
    --require) required=yes ;;
    *) echo "run.sh: unknown argument $1" >&2 && exit 2 ;;
    esac
    shift
done
environments=${environments:-$build_dir/environments}
seconds=${TINYLSTM_INTEROP_SECONDS:-300}
[ "$required" = yes ] && attempts=3 || attempts=1

modules_of() {
    [ "$1" = today ] && echo "tf_keras keras" || echo keras
}

# What must be importable says whether an environment is whole.
works() {
    local python=$1 module
    for module in $(modules_of "$2") h5py; do
        "$python" -c "import $module" 2>/dev/null || return 1
    done
}

packages_of() {
    if [ "$1" = today ]; then
        echo tensorflow-cpu keras tf_keras h5py
    else
        echo "tensorflow-cpu==2.15.*" "numpy<2" h5py
    fi
}

# make_environment FOLDER GENERATION: half an environment is none, so it gets its name when it works.
make_environment() {
    local packages log=$1.log
    read -ra packages <<<"$(packages_of "$2")"
    rm -rf "$1"
    python3 -m venv "$1" >"$log" 2>&1 && "$1/bin/pip" --disable-pip-version-check install -q --timeout 15 --retries 2 \
        "${packages[@]}" >>"$log" 2>&1 && works "$1/bin/python" "$2"
}
export -f make_environment packages_of works modules_of

# The Python of a generation into `python`; 1 and a reason where there is none.
find_python() {
    local folder=$environments/$1 attempt
    python=${TINYLSTM_PYTHON:-}
    [ "$1" = old ] && python=${TINYLSTM_OLD_PYTHON:-}
    if [ -n "$python" ]; then
        works "$python" "$1" && return 0
        reason="$python lacks a module of: $(modules_of "$1") h5py"
        return 1
    fi
    python=$folder/bin/python
    works "$python" "$1" && return 0
    mkdir -p "$environments"
    for ((attempt = 1; attempt <= attempts; attempt++)); do
        timeout "$seconds" bash -c "make_environment '$folder' '$1'" && return 0
    done
    reason=$(grep -v '^$' "$folder.log" 2>/dev/null | tail -n 1)
    reason="no environment could be made of packages: ${reason:-it took longer than $seconds s}"
    return 1
}

passed=0
failed=0
skipped=0
for generation in $generations; do
    if ! find_python "$generation"; then
        echo "skipped: Keras, $generation: $reason"
        [ "$required" = yes ] && failed=$((failed + 1)) || skipped=$((skipped + 1))
        continue
    fi
    mkdir -p "$environments"
    lines=$environments/$generation.lines
    # shellcheck disable=SC2046 # a list of modules
    "$python" "$here/test_keras_loads.py" "$build_dir/tests/interop" $(modules_of "$generation") 2>/dev/null | tee "$lines"
    if [[ $(tail -n 1 "$lines") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed ]]; then
        passed=$((passed + BASH_REMATCH[1]))
        failed=$((failed + BASH_REMATCH[2]))
    else
        echo "run.sh: the test with $python broke off"
        failed=$((failed + 1))
    fi
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] || exit 1
[ "$passed" -gt 0 ] || exit 77
