//! What the crate promises about itself: nothing of C is missing, threads, versions.
use std::fs;
use std::path::Path;

use tinylstm::*;

/// Every function of the C library is called by this crate.
#[test]
fn nothing_is_out_of_reach() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = String::new();
    for entry in fs::read_dir(root.join("src")).unwrap() {
        sources += &fs::read_to_string(entry.unwrap().path()).unwrap();
    }
    let called: Vec<&str> = sources
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .collect();
    let bindings = fs::read_to_string(root.join("../tinylstm-sys/src/bindings.rs")).unwrap();
    let declared = bindings
        .split("pub fn ")
        .skip(1)
        .map(|rest| rest.split_once('(').unwrap().0);
    let (reached, missing): (Vec<_>, Vec<_>) = declared.partition(|name| called.contains(name));
    println!(
        "{} functions of C reached, not reached: {missing:?}",
        reached.len()
    );
    assert!(reached.len() > 100);
    assert_eq!(missing, [""; 0]);
}

#[test]
fn types_cross_threads_as_the_headers_promise() {
    fn send<T: Send>() {}
    fn both<T: Send + Sync>() {}
    both::<Array>();
    both::<ArrayView<'_>>();
    both::<Sequences>();
    both::<Reviews>();
    both::<Vocabulary>();
    both::<Model>();
    both::<History>();
    both::<Bytes>();
    both::<Error>();
    send::<Session<'_>>();
    send::<Optimizer>();
    send::<Loss>();
    send::<Checkpoint>();
    send::<EarlyStopping>();
    send::<CsvLogger>();
}

/// Both impls fit a type that is `Sync`; which one is meant cannot be told, and nothing compiles.
macro_rules! assert_not_sync {
    ($($kind:ty),*) => {
        $({
            trait Ambiguous<A> {
                fn value() {}
            }
            impl<T: ?Sized> Ambiguous<()> for T {}
            struct IsSync;
            impl<T: ?Sized + Sync> Ambiguous<IsSync> for T {}
            <$kind as Ambiguous<_>>::value();
        })*
    };
}

#[test]
fn and_no_further() {
    assert_not_sync!(
        Session<'_>,
        Optimizer,
        Loss,
        Checkpoint,
        EarlyStopping,
        CsvLogger,
        Callback<'_>
    );
}

#[test]
fn versions_agree() {
    assert_eq!(version_string(), env!("CARGO_PKG_VERSION"));
    let parts: Vec<i32> = version_string()
        .split('.')
        .map(|part| part.parse().unwrap())
        .collect();
    assert_eq!(version(), parts[0] * 1_000_000 + parts[1] * 1000 + parts[2]);
    assert!(["baseline", "avx2", "avx512", "neon"].contains(&isa()));
}
