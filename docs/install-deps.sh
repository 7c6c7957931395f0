#!/bin/sh
# Installs what building needs and the machine lacks, and nothing else. Says what it does. Calls
# the system's package manager (apt, dnf, pacman or brew), through sudo only where it must.
#
#   docs/install-deps.sh [--tests] [--lint] [--rust] [--go] [--download]
#
#   --tests     what the tests need besides: libcheck, a C++ compiler, Python 3 with venv, valgrind
#   --lint      what .ci/run needs besides: clang, clang-format, shellcheck
#   --rust      what the Rust crates need besides: cargo, clippy, rustfmt
#   --go        what the Go package needs besides: Go (an older one fetches a newer: bindings/go)
#   --download  curl and the certificates it trusts
set -eu

say() {
    printf 'install-deps: %s\n' "$*"
}

fail() {
    printf 'install-deps: %s\n' "$*" >&2
    exit 1
}

has() {
    command -v "$1" >/dev/null 2>&1
}

# ---- What is there ----

# A compiler is there when it makes a program: headers and linker come in packages of their own.
# compiles LANGUAGE HEADER COMPILER...
compiles() {
    language=$1
    header=$2
    shift 2
    for compiler; do
        has "$compiler" || continue
        program=$(mktemp) || return 1
        if printf '#include <%s>\nint main(void) { return 0; }\n' "$header" |
            "$compiler" -x "$language" -o "$program" - 2>/dev/null; then
            rm -f "$program"
            return 0
        fi
        rm -f "$program"
    done
    return 1
}

pkg_config() {
    if has pkg-config; then
        pkg-config "$@"
    else
        pkgconf "$@" 2>/dev/null
    fi
}

# Meson finds HDF5 by pkg-config or by its compiler wrapper.
has_hdf5() {
    pkg_config --exists hdf5 || pkg_config --exists hdf5-serial || has h5cc
}

has_certificates() {
    [ -s /etc/ssl/certs/ca-certificates.crt ] || [ -s /etc/ssl/cert.pem ] ||
        [ -s /etc/pki/tls/certs/ca-bundle.crt ]
}

is_there() {
    case $1 in
    cc) compiles c stdio.h cc gcc clang ;;
    c++) compiles c++ vector c++ g++ clang++ ;;
    pkg-config) has pkg-config || has pkgconf ;;
    ninja) has ninja || has ninja-build || has samu ;;
    hdf5) has_hdf5 ;;
    jansson | minizip | check) pkg_config --exists "$1" ;;
    download) { has curl || has wget; } && has_certificates ;;
    go) has go && has_certificates ;;
    venv) python3 -c 'import ensurepip, venv' 2>/dev/null ;;
    *) has "$1" ;;
    esac
}

# ---- What it is called ----

# package MANAGER THING prints the packages that bring it.
package() {
    case $1:$2 in
    apt:cc) echo gcc libc6-dev ;;
    apt:c++) echo g++ ;;
    apt:ninja) echo ninja-build ;;
    apt:venv) echo python3-venv ;;
    dnf:venv) echo python3-pip ;;
    apt:go) echo golang-go ca-certificates ;;
    dnf:go) echo golang ca-certificates ;;
    apt:cargo-clippy) echo rust-clippy ;;
    apt:cargo-fmt | dnf:cargo-fmt) echo rustfmt ;;
    apt:hdf5 | apt:jansson | apt:minizip) echo "lib$2-dev" ;;
    dnf:cc) echo gcc glibc-devel ;;
    dnf:c++) echo gcc-c++ ;;
    dnf:ninja) echo ninja-build ;;
    dnf:pkg-config) echo pkgconf-pkg-config ;;
    dnf:hdf5 | dnf:jansson | dnf:check) echo "$2-devel" ;;
    dnf:minizip) echo 'pkgconfig(minizip)' ;;
    dnf:cargo-clippy) echo clippy ;;
    dnf:clang-format) echo clang-tools-extra ;;
    dnf:shellcheck) echo ShellCheck ;;
    pacman:cargo* | brew:cargo*) echo rust ;;
    pacman:cc | pacman:c++) echo gcc ;;
    pacman:pkg-config) echo pkgconf ;;
    pacman:python3 | pacman:venv) echo python ;;
    pacman:clang-format) echo clang ;;
    brew:cc | brew:c++) echo gcc ;;
    brew:pkg-config) echo pkgconf ;;
    brew:clang) echo llvm ;;
    brew:python3 | brew:venv) echo python ;;
    *:download) echo curl ca-certificates ;;
    *) echo "$2" ;;
    esac
}

find_manager() {
    for name in apt-get dnf pacman brew; do
        if has "$name"; then
            echo "${name%-get}"
            return
        fi
    done
}

# ---- Installing ----

# brew refuses to run as root; the others need it.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif has sudo; then
        sudo "$@"
    else
        fail "not root and no sudo here; please install as root: $packages"
    fi
}

apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Acquire::Retries=3 \
        -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@"
}

# The list of packages must be split into words: each is an argument.
# shellcheck disable=SC2086
install_packages() {
    case $1 in
    apt)
        apt_get update || say "the package lists could not be renewed; trying the old ones"
        apt_get install --no-install-recommends $packages >/dev/null
        ;;
    dnf) as_root dnf install -y -q $packages ;;
    pacman)
        as_root pacman -S --needed --noconfirm $packages ||
            as_root pacman -Syu --needed --noconfirm $packages
        ;;
    brew) brew install $packages ;;
    esac
}

# ---- The program ----

things="cc pkg-config meson ninja hdf5 jansson minizip"
for option; do
    case $option in
    --tests)
        things="$things check c++ python3 venv"
        # There is none for new systems of Apple's; the tests that want it are skipped then.
        [ "$(uname)" = Darwin ] || things="$things valgrind"
        ;;
    --lint) things="$things clang clang-format shellcheck" ;;
    --rust) things="$things cargo cargo-clippy cargo-fmt" ;;
    --go) things="$things go" ;;
    --download) things="$things download" ;;
    *)
        echo "usage: $0 [--tests] [--lint] [--rust] [--go] [--download]" >&2
        exit 2
        ;;
    esac
done

missing=
for thing in $things; do
    is_there "$thing" || missing="$missing $thing"
done
if [ -z "$missing" ]; then
    say "nothing is missing"
    exit 0
fi

say "missing:$missing"
manager=$(find_manager)
[ -n "$manager" ] || fail "no apt, dnf, pacman or brew here; please install:$missing"
packages=
for thing in $missing; do
    packages="$packages $(package "$manager" "$thing")"
done
packages=${packages# }
say "installing with $manager: $packages"
install_packages "$manager" || fail "$manager could not install: $packages"

for thing in $missing; do
    is_there "$thing" || fail "$thing is still not found after installing: $packages"
done
say "done"
