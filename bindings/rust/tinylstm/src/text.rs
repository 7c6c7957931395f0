//! Strings on their way to C and back.
use std::ffi::{CStr, CString};
use std::os::raw::c_char;
use std::path::Path;

use tinylstm_sys as sys;

use crate::error::{Error, ErrorKind, Result};

pub(crate) fn c_string(what: &str, text: impl Into<Vec<u8>>) -> Result<CString> {
    CString::new(text).map_err(|_| {
        Error::new(
            ErrorKind::Argument,
            what,
            "must not contain a NUL character",
        )
    })
}

#[cfg(unix)]
pub(crate) fn c_path(path: &Path) -> Result<CString> {
    use std::os::unix::ffi::OsStrExt;
    c_string("path", path.as_os_str().as_bytes())
}

#[cfg(not(unix))]
pub(crate) fn c_path(path: &Path) -> Result<CString> {
    let not_utf8 = || Error::new(ErrorKind::Argument, "path", "is not UTF-8");
    c_string("path", path.to_str().ok_or_else(not_utf8)?)
}

/// NULL where there is no string.
pub(crate) fn pointer_or_null(text: &Option<CString>) -> *const c_char {
    text.as_ref().map_or(std::ptr::null(), |text| text.as_ptr())
}

/// Many strings at once, and the pointers to them.
pub(crate) struct StringArray {
    _owned: Vec<CString>,
    pointers: Vec<*const c_char>,
}

impl StringArray {
    pub(crate) fn new<S: AsRef<str>>(what: &str, texts: &[S]) -> Result<Self> {
        let strings = texts.iter().map(|text| c_string(what, text.as_ref()));
        let owned = strings.collect::<Result<Vec<_>>>()?;
        let pointers = owned.iter().map(|text| text.as_ptr()).collect();
        Ok(Self {
            _owned: owned,
            pointers,
        })
    }

    pub(crate) fn as_ptr(&self) -> *const *const c_char {
        self.pointers.as_ptr()
    }
}

/// The strings that a struct of options points to. They stay where they are when it moves.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    owned: Vec<CString>,
    error: Option<Error>,
}

impl Texts {
    /// The pointer for the options; a string that C cannot take is told by `check`.
    pub(crate) fn keep(&mut self, what: &str, text: &str) -> *const c_char {
        match c_string(what, text) {
            Ok(text) => {
                self.owned.push(text);
                self.owned[self.owned.len() - 1].as_ptr()
            }
            Err(error) => {
                self.error = Some(error);
                std::ptr::null()
            }
        }
    }

    pub(crate) fn check(&self) -> Result<()> {
        self.error.clone().map_or(Ok(()), Err)
    }
}

/// A string that is borrowed from an object of the library; `None` for NULL.
///
/// # Safety
///
/// `text` is NULL or a string that lives as long as `'a`.
pub(crate) unsafe fn borrowed<'a>(text: *const c_char) -> Option<&'a str> {
    if text.is_null() {
        return None;
    }
    Some(CStr::from_ptr(text).to_str().unwrap_or("(not UTF-8)"))
}

/// Copies a string that the library handed over, and frees it.
///
/// # Safety
///
/// `text` is a string that a call has just handed over.
pub(crate) unsafe fn owned(text: *mut c_char) -> String {
    let copy = CStr::from_ptr(text).to_string_lossy().into_owned();
    sys::tlstm_string_free(text);
    copy
}
