package tinylstm

// #cgo pkg-config: tinylstm
// #include "shim.h"
import "C"

// Version is the version of the C library as major*1000000 + minor*1000 + patch.
func Version() int {
	return int(C.tlstm_version())
}

// VersionString is the version of the C library as text, "0.1.0".
func VersionString() string {
	return C.GoString(C.tlstm_version_string())
}

// ISA names the instruction set whose kernels run here: "baseline", "avx2", "avx512" or "neon".
func ISA() string {
	return C.GoString(C.tlstm_isa())
}
