//! Errors: what kind, why and where.
use std::ffi::CStr;
use std::fmt;
use std::ptr::NonNull;

use tinylstm_sys as sys;

/// What a fallible call of this crate returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of failure it was. Later versions of the library may bring new ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument is out of range or unknown.
    Argument,
    /// An allocation failed.
    Memory,
    /// The operating system refused to read or write.
    Io,
    /// A file is damaged, or not of the kind it should be.
    Format,
    /// Sound, but of a layer or feature this library has not.
    Unsupported,
    /// Shapes or dtypes do not fit each other.
    Shape,
    /// A call in the wrong order: fit before compile.
    State,
    /// A number is not usable: NaN, a token out of range.
    Value,
    /// A callback ended the training.
    Stopped,
    /// A defect of the library; please report it.
    Internal,
    /// A code that came into the library after this crate was made.
    Other(i32),
}

impl ErrorKind {
    fn from_code(code: sys::tlstm_status) -> Self {
        match code {
            sys::TLSTM_ERROR_ARGUMENT => Self::Argument,
            sys::TLSTM_ERROR_MEMORY => Self::Memory,
            sys::TLSTM_ERROR_IO => Self::Io,
            sys::TLSTM_ERROR_FORMAT => Self::Format,
            sys::TLSTM_ERROR_UNSUPPORTED => Self::Unsupported,
            sys::TLSTM_ERROR_SHAPE => Self::Shape,
            sys::TLSTM_ERROR_STATE => Self::State,
            sys::TLSTM_ERROR_VALUE => Self::Value,
            sys::TLSTM_STOPPED => Self::Stopped,
            sys::TLSTM_ERROR_INTERNAL => Self::Internal,
            other => Self::Other(other),
        }
    }

    /// The number of this kind in the C interface.
    pub fn code(self) -> i32 {
        match self {
            Self::Argument => sys::TLSTM_ERROR_ARGUMENT,
            Self::Memory => sys::TLSTM_ERROR_MEMORY,
            Self::Io => sys::TLSTM_ERROR_IO,
            Self::Format => sys::TLSTM_ERROR_FORMAT,
            Self::Unsupported => sys::TLSTM_ERROR_UNSUPPORTED,
            Self::Shape => sys::TLSTM_ERROR_SHAPE,
            Self::State => sys::TLSTM_ERROR_STATE,
            Self::Value => sys::TLSTM_ERROR_VALUE,
            Self::Stopped => sys::TLSTM_STOPPED,
            Self::Internal => sys::TLSTM_ERROR_INTERNAL,
            Self::Other(code) => code,
        }
    }
}

/// A few words: "shape mismatch".
impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // SAFETY: any number may be asked for; the text lives as long as the program.
        let text = unsafe { CStr::from_ptr(sys::tlstm_status_text(self.code())) };
        f.write_str(&text.to_string_lossy())
    }
}

/// Why a call failed: a kind, a sentence and the place.
///
/// ```
/// use tinylstm::{ErrorKind, Model};
///
/// let error = Model::load("missing.h5").unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Io);
/// assert_eq!(error.place(), "missing.h5");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    place: String,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, place: &str, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            place: place.to_owned(),
        }
    }

    /// What kind of failure it was.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// One line that says why, without the place.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Where: a file and the path in it, a layer, an argument. Empty where nothing more is known.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Copies the C library's error object and frees it.
    fn take(code: sys::tlstm_status, raw: *mut sys::tlstm_error) -> Self {
        // SAFETY: `raw` is NULL or ours alone; the texts live until it is freed.
        unsafe {
            let message = CStr::from_ptr(sys::tlstm_error_message(raw)).to_string_lossy();
            let place = CStr::from_ptr(sys::tlstm_error_where(raw)).to_string_lossy();
            let code = if raw.is_null() {
                code
            } else {
                sys::tlstm_error_code(raw)
            };
            let error = Self::new(ErrorKind::from_code(code), &place, message);
            sys::tlstm_error_free(raw);
            error
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.place.as_str(), self.message.as_str()) {
            (_, "") => write!(f, "{}", self.kind),
            ("", message) => f.write_str(message),
            (place, message) => write!(f, "{place}: {message}"),
        }
    }
}

impl std::error::Error for Error {}

/// Makes a call that reports its failure through a status and an error object.
pub(crate) fn check(
    call: impl FnOnce(*mut *mut sys::tlstm_error) -> sys::tlstm_status,
) -> Result<()> {
    let mut raw = std::ptr::null_mut();
    match call(&mut raw) {
        sys::TLSTM_OK => Ok(()),
        code => Err(Error::take(code, raw)),
    }
}

/// The same for a call that makes an object.
pub(crate) fn make<T>(
    call: impl FnOnce(*mut *mut T, *mut *mut sys::tlstm_error) -> sys::tlstm_status,
) -> Result<NonNull<T>> {
    let mut made = std::ptr::null_mut();
    check(|error| call(&mut made, error))?;
    NonNull::new(made).ok_or_else(|| Error::new(ErrorKind::Internal, "", "nothing was made"))
}
