#!/bin/sh
# Tests the Go package against the library as `meson install` leaves it:
#
#   bindings/go/test.sh [BUILD_DIR]
#
# Installs what was built in BUILD_DIR (made, where it is not given) below a scratch folder, then runs
# gofmt, go vet, the tests, the tests under the race detector, and those with cgo's strictest checks
# of pointers. Exit status 77 and a reason where there is no Go 1.24 or later.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

skip() {
    echo "skipped: $1"
    exit 77
}

go_folder=$(sh "$here/install-go.sh") || skip "${go_folder#skipped: }"
PATH=$go_folder:$PATH
# The Go that was found, not one that go.mod or the environment would rather have.
GOTOOLCHAIN=local
unset GOROOT
export PATH GOTOOLCHAIN

build=${1:-$root/build}
if [ ! -f "$build/build.ninja" ]; then
    meson setup "$build" "$root" -Dtests=false
fi
if [ $# -eq 0 ]; then
    meson compile -C "$build"
fi
if meson introspect --buildoptions "$build" | grep -q '"name": "b_sanitize", "value": "[^n"]'; then
    skip "the library is built with a sanitizer"
fi

meson install -C "$build" --no-rebuild --destdir "$scratch/root" >/dev/null
package=$(find "$scratch/root" -name tinylstm.pc)
prefix=$(sed -n 's/^prefix=//p' "$package")
sed "s|^prefix=.*|prefix=$scratch/root$prefix|" "$package" >"$scratch/tinylstm.pc"
mv "$scratch/tinylstm.pc" "$package"
PKG_CONFIG_PATH=$(dirname "$package")
LD_LIBRARY_PATH=$(dirname "$PKG_CONFIG_PATH")
# Go's cache does not see that pkg-config says something else than last time; these it sees.
CGO_CFLAGS="-O2 -g -I$scratch"
CGO_LDFLAGS="-O2 -g -L$LD_LIBRARY_PATH"
export PKG_CONFIG_PATH LD_LIBRARY_PATH CGO_CFLAGS CGO_LDFLAGS

cd "$here"
go version
unformatted=$(gofmt -l .)
if [ -n "$unformatted" ]; then
    echo "not as gofmt writes it: $unformatted"
    exit 1
fi
go vet ./...
go test -count=1 ./...
go test -count=1 -race ./tinylstm
GOEXPERIMENT=cgocheck2 go test -count=1 ./tinylstm
