#!/bin/sh
# The tutorial with one command: installs what is missing, builds, finds the IMDB reviews (or
# downloads them, or goes on with generated ones) and trains the LSTM. Arguments go to the example:
#
#   docs/quickstart.sh [--model lstm|dropout|2rnn|gru|simplernn] [--epochs N] [--data imdb.npz] ...
#
# Results (best-lstm-model.h5, history.csv, loss.svg) appear in the current directory, or in the
# one given by --out.
set -eu

address=https://storage.googleapis.com/tensorflow/tf-keras-datasets
reviews_sha256=69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f
words_md5=bfafd718b763782e994055a2d397834f

start=$(pwd)
root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build
keras=${KERAS_HOME:-${HOME:-}/.keras}/datasets

say() {
    printf 'quickstart: %s\n' "$*"
}

# ---- Building ----

build_example() {
    say "building in $build"
    if [ ! -f "$build/build.ninja" ]; then
        meson setup "$build" "$root" -Dtests=false >"$root/build-setup.log" 2>&1 || {
            cat "$root/build-setup.log" >&2
            exit 1
        }
        rm -f "$root/build-setup.log"
    fi
    meson compile -C "$build"
}

# ---- The reviews ----

# The same order as in the example, which looks for itself; here it decides about downloading.
has_reviews() {
    for argument; do
        case $argument in
        --data | --data=*) return 0 ;;
        esac
    done
    [ -n "${TINYLSTM_IMDB:-}" ] || [ -r "$keras/imdb.npz" ] || [ -r "$root/../shared/imdb/imdb.npz" ]
}

fetch() {
    if command -v curl >/dev/null 2>&1; then
        curl --fail --silent --show-error --location --connect-timeout 8 --max-time 300 \
            --retry 1 --output "$2" "$1"
    else
        wget --quiet --tries=2 --connect-timeout=8 --read-timeout=60 --output-document="$2" "$1"
    fi
}

# checksum TOOL FILE prints the sum, with the tool of Linux or of macOS.
checksum() {
    if command -v "${1}sum" >/dev/null 2>&1; then
        "${1}sum" "$2" | cut -d ' ' -f 1
    elif [ "$1" = md5 ]; then
        md5 -q "$2"
    else
        shasum -a 256 "$2" | cut -d ' ' -f 1
    fi
}

# download FILE TOOL SUM: into Keras's own place, whole and checked or not at all.
download() {
    part=$keras/$1.part.$$
    if fetch "$address/$1" "$part" && [ "$(checksum "$2" "$part")" = "$3" ]; then
        mv "$part" "$keras/$1"
    else
        rm -f "$part"
        return 1
    fi
}

download_reviews() {
    say "downloading the IMDB reviews (17 MB) from $address to $keras"
    if ! sh "$root/docs/install-deps.sh" --download || ! mkdir -p "$keras" ||
        ! download imdb.npz sha256 "$reviews_sha256"; then
        say "the reviews could not be had; going on with generated ones"
        return
    fi
    [ -r "$keras/imdb_word_index.json" ] || download imdb_word_index.json md5 "$words_md5" ||
        say "the word index could not be had; there will be no typed sentences"
}

# ---- The program ----

say "1/3 what building needs"
sh "$root/docs/install-deps.sh"
say "2/3 the library and the example"
build_example
say "3/3 the tutorial"
if ! has_reviews "$@"; then
    download_reviews
fi
if [ -z "${TINYLSTM_IMDB:-}" ] && [ ! -r "$keras/imdb.npz" ] &&
    [ -r "$root/../shared/imdb/imdb.npz" ]; then
    TINYLSTM_IMDB=$root/../shared/imdb/imdb.npz
    export TINYLSTM_IMDB
fi
cd "$start"
exec "$build/docs/examples/imdb_lstm" "$@"
