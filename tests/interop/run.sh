#!/usr/bin/env bash
# Real Keras loads what the library writes:
#
#     tests/interop/run.sh --python PYTHON --build-dir DIR
#
# PYTHON has keras, tf_keras and tensorflow; DIR is a build with tests. The last line sums up.
set -u -o pipefail

python=python3
build_dir=build-tests
while [ $# -gt 0 ]; do
    case $1 in
    --python) python=$2 && shift ;;
    --build-dir) build_dir=$2 && shift ;;
    *) echo "run.sh: unknown argument $1" >&2 && exit 2 ;;
    esac
    shift
done

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if ! "$python" -c 'import keras, tf_keras' 2>/dev/null; then
    echo "run.sh: $python has not both keras and tf_keras" >&2
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
fi
exec "$python" "$here/test_keras_loads.py" "$build_dir/tests/interop/make_files" 2>/dev/null
