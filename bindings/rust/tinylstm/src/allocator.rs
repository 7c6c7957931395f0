//! Memory of the library from an allocator of Rust.
use std::alloc::{GlobalAlloc, Layout};
use std::ffi::c_void;
use std::mem::{align_of, size_of};
use std::ptr;

use tinylstm_sys as sys;

use crate::error::{check, Result};

/// Lets the library allocate with `allocator`; `None` goes back to malloc and free. HDF5, jansson
/// and zlib use their own. [`ErrorKind::State`](crate::ErrorKind::State) as long as any object of
/// the library is alive.
///
/// ```
/// static SYSTEM: std::alloc::System = std::alloc::System;
/// // SAFETY: there is one thread, and nothing of the library is alive.
/// unsafe { tinylstm::set_allocator(Some(&SYSTEM))? };
/// # Ok::<(), tinylstm::Error>(())
/// ```
///
/// # Safety
///
/// No other thread may be in the library meanwhile.
pub unsafe fn set_allocator<A: GlobalAlloc + Sync>(allocator: Option<&'static A>) -> Result<()> {
    let functions = allocator.map(|allocator| sys::tlstm_allocator {
        struct_size: size_of::<sys::tlstm_allocator>(),
        allocate: Some(allocate::<A>),
        release: Some(release::<A>),
        user: (allocator as *const A as *mut A).cast(),
    });
    let functions = functions
        .as_ref()
        .map_or(ptr::null(), |functions| functions);
    check(|error| sys::tlstm_set_allocator(functions, error))
}

/// What stands before memory that is handed out: C does not say its size when it comes back. As
/// large as the alignment that malloc promises.
#[repr(C, align(16))]
struct Header {
    layout: Layout,
}

fn layout(size: usize) -> Option<Layout> {
    let size = size.checked_add(size_of::<Header>())?;
    Layout::from_size_align(size, align_of::<Header>()).ok()
}

unsafe extern "C" fn allocate<A: GlobalAlloc>(size: usize, user: *mut c_void) -> *mut c_void {
    let layout = match layout(size) {
        Some(layout) => layout,
        None => return ptr::null_mut(),
    };
    let header = (*user.cast::<A>()).alloc(layout).cast::<Header>();
    if header.is_null() {
        return ptr::null_mut();
    }
    header.write(Header { layout });
    header.add(1).cast()
}

unsafe extern "C" fn release<A: GlobalAlloc>(memory: *mut c_void, user: *mut c_void) {
    if memory.is_null() {
        return;
    }
    let header = memory.cast::<Header>().sub(1);
    let layout = (*header).layout;
    (*user.cast::<A>()).dealloc(header.cast(), layout);
}
