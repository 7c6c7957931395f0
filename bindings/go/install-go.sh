#!/bin/sh
# Prints the folder of a Go that can build this module (1.24 or later). Where there is none but an
# older Go, as in Debian 12, that one fetches a newer from the Go module proxy, checked against Go's
# checksum database, into the cache of modules:
#
#   PATH=$(bindings/go/install-go.sh):$PATH
#
# --offline fetches nothing. Exit status 77 and a reason when there is no such Go.
set -eu

minor=24
toolchain=v0.0.1-go1.$minor.0

give_up() {
    echo "skipped: $1"
    exit 77
}

is_new() {
    found=$("$1" env GOVERSION 2>/dev/null | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
    [ -n "$found" ] && [ "$found" -ge "$minor" ]
}

# A module's files are not executable; the cache of modules is read-only.
fetch() {
    for attempt in 1 2 3; do
        folder=$(GO111MODULE=on GOFLAGS=-modcacherw go mod download -json "golang.org/toolchain@$1" 2>/dev/null |
            sed -n 's/^.*"Dir": "\(.*\)".*$/\1/p')
        if [ -n "$folder" ]; then
            chmod -R u+x "$folder/bin" "$folder/pkg/tool"
            return 0
        fi
        sleep $((attempt * 2))
    done
    return 1
}

command -v go >/dev/null 2>&1 || give_up "there is no Go"
if is_new go; then
    dirname "$(command -v go)"
    exit 0
fi
[ "${1:-}" != --offline ] || give_up "the Go here is older than 1.$minor"
# On purpose not the version that a newer Go would choose by itself.
platform=$(go env GOOS)-$(go env GOARCH)
fetch "$toolchain.$platform" || give_up "the Go here is older than 1.$minor, and a newer one could not be fetched"
is_new "$folder/bin/go" || give_up "the Go that was fetched does not run here"
echo "$folder/bin"
