#!/usr/bin/env bash
# Tests the crates against a build of the library, and built from its sources (feature `bundled`):
#
#     bindings/rust/test.sh BUILD_DIR
#
# Formatting, clippy where it is installed, all tests and examples, the documentation. Exit status
# 77: there is no cargo, or no crates can be fetched.
set -eu -o pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$(cd "$1" && pwd)

skip() {
    echo "skipped: $1"
    exit 77
}

command -v cargo >/dev/null || skip "there is no cargo"
# Programs of others cannot load a library whose sanitizer must come first.
meson introspect --buildoptions "$build" | grep -q '"name": "b_sanitize", "value": "none"' ||
    skip "the library is built with a sanitizer"

export PKG_CONFIG_PATH=$build/meson-uninstalled
export LD_LIBRARY_PATH=$build/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export CARGO_TARGET_DIR=$build/rust CARGO_TERM_COLOR=never
mkdir -p "$CARGO_TARGET_DIR"
cd "$root"

# ---- The few crates that are needed ----

# Before 1.68 cargo knows the whole registry by git only; the way that needs a few files is there,
# but not yet called stable.
is_old_cargo() {
    local minor
    minor=$(cargo --version | sed -n 's/^cargo 1\.\([0-9]*\).*/\1/p')
    [ -n "$minor" ] && [ "$minor" -lt 68 ]
}

vendor() {
    export CARGO_HOME=$CARGO_TARGET_DIR/home
    [ -f "$CARGO_HOME/config.toml" ] && return
    RUSTC_BOOTSTRAP=1 cargo -q -Z sparse-registry vendor --locked "$CARGO_HOME/vendor" || return
    printf '[source.%s]\n%s\n' crates-io 'replace-with = "vendor"' \
        vendor "directory = \"$CARGO_HOME/vendor\"" >"$CARGO_HOME/config.toml"
}

fetch() {
    if is_old_cargo; then
        vendor
    else
        cargo fetch -q --locked --offline 2>/dev/null || cargo fetch -q --locked
    fi
}

fetched=no
for wait in 0 3 10; do
    sleep "$wait"
    fetch && fetched=yes && break
done
[ "$fetched" = yes ] || skip "the crates it depends on cannot be fetched"

# ---- The tests ----

crates=(--locked --offline --workspace --features tinylstm/ndarray)
bundled=(--locked --offline --workspace --all-features)
jobs=(-j "${TINYLSTM_JOBS:-2}")

if command -v rustfmt >/dev/null; then
    cargo fmt --all -- --check
fi
if command -v cargo-clippy >/dev/null; then
    cargo clippy -q "${jobs[@]}" "${crates[@]}" --all-targets -- -D warnings
fi
cargo test "${jobs[@]}" "${crates[@]}"
RUSTDOCFLAGS="-D warnings" cargo doc -q "${jobs[@]}" "${crates[@]}" --no-deps
# What is built from the sources needs no library beside it.
env -u LD_LIBRARY_PATH -u PKG_CONFIG_PATH cargo test "${jobs[@]}" "${bundled[@]}" --tests
echo "the crates were tested with $(rustc --version)"
