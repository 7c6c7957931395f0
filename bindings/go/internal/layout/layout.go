// Package layout tells how cgo sees the structs of the C headers, so that a test can hold it against
// what the first release of this ABI had.
package layout

// #cgo pkg-config: tinylstm
// #include <tinylstm/tinylstm.h>
import "C"

import "reflect"

// Structs gives the Go type of each struct that programs fill in.
func Structs() map[string]reflect.Type {
	return map[string]reflect.Type{
		"tlstm_allocator":              reflect.TypeOf(C.tlstm_allocator{}),
		"tlstm_callback_functions":     reflect.TypeOf(C.tlstm_callback_functions{}),
		"tlstm_checkpoint_options":     reflect.TypeOf(C.tlstm_checkpoint_options{}),
		"tlstm_dense_options":          reflect.TypeOf(C.tlstm_dense_options{}),
		"tlstm_early_stopping_options": reflect.TypeOf(C.tlstm_early_stopping_options{}),
		"tlstm_embedding_options":      reflect.TypeOf(C.tlstm_embedding_options{}),
		"tlstm_fit_options":            reflect.TypeOf(C.tlstm_fit_options{}),
		"tlstm_imdb_options":           reflect.TypeOf(C.tlstm_imdb_options{}),
		"tlstm_logs":                   reflect.TypeOf(C.tlstm_logs{}),
		"tlstm_pad_options":            reflect.TypeOf(C.tlstm_pad_options{}),
		"tlstm_recurrent_options":      reflect.TypeOf(C.tlstm_recurrent_options{}),
		"tlstm_run_options":            reflect.TypeOf(C.tlstm_run_options{}),
		"tlstm_save_options":           reflect.TypeOf(C.tlstm_save_options{}),
		"tlstm_split_options":          reflect.TypeOf(C.tlstm_split_options{}),
		"tlstm_text_options":           reflect.TypeOf(C.tlstm_text_options{}),
		"tlstm_weights_options":        reflect.TypeOf(C.tlstm_weights_options{}),
	}
}
