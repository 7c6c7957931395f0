package tinylstm

// #include "shim.h"
import "C"

import "runtime"

// History is losses and metrics by epoch: what Keras's fit() returns. Any number of goroutines may
// read one.
type History struct {
	handle[*C.tlstm_history]
}

func newHistory(history *C.tlstm_history) *History {
	h := &History{}
	h.own(history, func() { C.tlstm_history_free(history) })
	return h
}

// Close frees the history.
func (h *History) Close() error {
	return h.close()
}

// Epochs is the number of finished epochs.
func (h *History) Epochs() int {
	defer runtime.KeepAlive(h)
	return int(C.tlstm_history_epochs(h.pointer))
}

// Columns are "loss", the metrics, then the same with "val_".
func (h *History) Columns() []string {
	defer runtime.KeepAlive(h)
	columns := make([]string, int(C.tlstm_history_columns(h.pointer)))
	for i := range columns {
		columns[i] = C.GoString(C.tlstm_history_column(h.pointer, C.size_t(i)))
	}
	return columns
}

// Values are the values of a column, one an epoch; NaN where there is none.
func (h *History) Values(column string) []float64 {
	var memory arena
	defer memory.free()
	defer runtime.KeepAlive(h)
	name := memory.text("column", column)
	values := make([]float64, h.Epochs())
	for i := range values {
		values[i] = float64(C.tlstm_history_value(h.pointer, name, C.size_t(i)))
	}
	return values
}

// SaveCSV writes a row an epoch, as Keras's CSVLogger, in full precision.
func (h *History) SaveCSV(path string) error {
	if h.isClosed() {
		return closedError("history")
	}
	var memory arena
	defer memory.free()
	file := memory.text("path", path)
	if memory.err != nil {
		return memory.err
	}
	var failure *C.tlstm_error
	status := C.tlstm_history_save_csv(h.pointer, file, &failure)
	runtime.KeepAlive(h)
	return check(status, failure)
}

// SaveSVG draws a column, and its "val_" column where there is one, by epoch.
func (h *History) SaveSVG(column, path string) error {
	if h.isClosed() {
		return closedError("history")
	}
	var memory arena
	defer memory.free()
	name, file := memory.text("column", column), memory.text("path", path)
	if memory.err != nil {
		return memory.err
	}
	var failure *C.tlstm_error
	status := C.tlstm_history_save_svg(h.pointer, name, file, &failure)
	runtime.KeepAlive(h)
	return check(status, failure)
}
