//! The library's memory comes from an allocator of Rust. Alone in its process: it is set when
//! nothing of the library is alive.
mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicIsize, AtomicUsize, Ordering};

use support::*;
use tinylstm::*;

struct Counting {
    calls: AtomicUsize,
    alive: AtomicIsize,
}

// SAFETY: passes everything on to `System`.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.alive
            .fetch_add(layout.size() as isize, Ordering::Relaxed);
        System.alloc(layout)
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        self.alive
            .fetch_sub(layout.size() as isize, Ordering::Relaxed);
        System.dealloc(memory, layout)
    }
}

static COUNTING: Counting = Counting {
    calls: AtomicUsize::new(0),
    alive: AtomicIsize::new(0),
};

#[test]
fn memory_comes_from_where_it_should() {
    // SAFETY: this is the only thread in the library, here and below.
    unsafe { set_allocator(Some(&COUNTING)).unwrap() };
    let model = reference_model();
    let (calls, alive) = (&COUNTING.calls, &COUNTING.alive);
    assert!(alive.load(Ordering::Relaxed) > 8809 * 4);
    // Stepping allocates nothing.
    let mut session = Session::new(&model, 1, 1).unwrap();
    let before = calls.load(Ordering::Relaxed);
    session.step_token(&[3], &mut [0.0]).unwrap();
    assert_eq!(calls.load(Ordering::Relaxed), before);
    drop(session);
    let refused = unsafe { set_allocator::<System>(None) }.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::State);
    drop(model);
    assert_eq!(alive.load(Ordering::Relaxed), 0);
    unsafe { set_allocator::<System>(None).unwrap() };
    let after = calls.load(Ordering::Relaxed);
    drop(reference_model());
    assert_eq!(calls.load(Ordering::Relaxed), after);
}
