package tinylstm

// #include "shim.h"
import "C"

import "errors"

// Code says what kind of failure an [Error] is. Codes are errors themselves, to be looked for with
// [errors.Is]. New ones may come; the values of these never change.
type Code int32

const (
	ErrArgument    Code = C.TLSTM_ERROR_ARGUMENT    // an argument is missing, out of range or unknown
	ErrMemory      Code = C.TLSTM_ERROR_MEMORY      // an allocation failed
	ErrIO          Code = C.TLSTM_ERROR_IO          // the operating system refused to read or write
	ErrFormat      Code = C.TLSTM_ERROR_FORMAT      // a file is damaged, or not of the kind it should be
	ErrUnsupported Code = C.TLSTM_ERROR_UNSUPPORTED // sound, but of a layer or feature the library has not
	ErrShape       Code = C.TLSTM_ERROR_SHAPE       // shapes or dtypes do not fit each other
	ErrState       Code = C.TLSTM_ERROR_STATE       // a call in the wrong order: Fit before Compile, ...
	ErrValue       Code = C.TLSTM_ERROR_VALUE       // a number is not usable: NaN, a token out of range
	ErrStopped     Code = C.TLSTM_STOPPED           // a callback, or its context, ended a training
	ErrInternal    Code = C.TLSTM_ERROR_INTERNAL    // a defect of the library; please report it
)

// ErrClosed is what a call on a closed value fails with.
var ErrClosed = errors.New("tinylstm: closed")

// Error describes the kind of failure in a few words.
func (c Code) Error() string {
	return "tinylstm: " + C.GoString(C.tlstm_status_text(C.tlstm_status(c)))
}

// Error is what failing calls return.
type Error struct {
	Code    Code
	Message string // one line that says why
	Where   string // a file and the path in it, a layer, an argument; "" where nothing more is known
	cause   error
}

func (e *Error) Error() string {
	if e.Where == "" {
		return "tinylstm: " + e.Message
	}
	return "tinylstm: " + e.Where + ": " + e.Message
}

// Is tells whether target is the error's code.
func (e *Error) Is(target error) bool {
	code, ok := target.(Code)
	return ok && code == e.Code
}

// Unwrap returns what a callback or a context ended a training with, or [ErrClosed]; else nil.
func (e *Error) Unwrap() error {
	return e.cause
}

// check takes what a C function returned, and frees the C error.
func check(status C.tlstm_status, failure *C.tlstm_error) error {
	if status == C.TLSTM_OK {
		return nil
	}
	defer C.tlstm_error_free(failure)
	if failure == nil { // there was no memory for it
		return &Error{Code: Code(status), Message: C.GoString(C.tlstm_status_text(status))}
	}
	return &Error{
		Code:    Code(C.tlstm_error_code(failure)),
		Message: C.GoString(C.tlstm_error_message(failure)),
		Where:   C.GoString(C.tlstm_error_where(failure)),
	}
}

func closedError(where string) error {
	return &Error{Code: ErrState, Message: "is closed", Where: where, cause: ErrClosed}
}
