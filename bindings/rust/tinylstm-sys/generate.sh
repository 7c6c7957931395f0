#!/bin/sh
# Makes src/bindings.rs anew from the headers, with bindgen (Debian's 0.60 or a later one) and
# rustfmt. Only needed when a header has changed; tests/headers.rs tells when it was forgotten.
set -eu

cd "$(dirname "$0")"
headers=../../../include

bind() {
    bindgen "$headers/tinylstm/tinylstm.h" \
        --allowlist-function 'tlstm_.*' --allowlist-type 'tlstm_.*' --allowlist-var 'TLSTM_.*' \
        --no-layout-tests --no-doc-comments --no-prepend-enum-name --size_t-is-usize \
        --disable-header-comment --ctypes-prefix std::os::raw \
        -- -I "$headers"
}

# Constants are 32 bits with a sign, as the headers say; the enums they stand in have no name.
name_constants() {
    sed -e '/^pub type _/d' -e 's/: _bindgen_ty_[0-9]*/: i32/' -e 's/: u32 = /: i32 = /'
}

# All functions in one block.
gather_functions() {
    awk '/^extern "C" {$/ { inside = 1; next }
         inside && /^}$/ { inside = 0; next }
         inside { functions = functions $0 "\n"; next }
         { print }
         END { printf "\nextern \"C\" {\n%s}\n", functions }'
}

{
    echo '// Made by generate.sh from the headers of tinylstm; not to be edited. What each item is for'
    echo '// stands in the headers.'
    echo
    bind | name_constants | gather_functions
} >src/bindings.rs
rustfmt --edition 2021 src/bindings.rs
