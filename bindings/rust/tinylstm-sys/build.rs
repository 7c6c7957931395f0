//! Finds the C library, or builds it. In this order:
//!
//! 1. `TINYLSTM_LIB_DIR` says where it lies (and `TINYLSTM_INCLUDE_DIR` its headers);
//! 2. the feature `bundled` compiles its sources;
//! 3. pkg-config knows it;
//! 4. with `TINYLSTM_NO_PKG_CONFIG` it is linked by name alone.
//!
//! `TINYLSTM_STATIC` asks for `libtinylstm.a`.
use std::env;
use std::path::PathBuf;

/// Versions of the C library whose functions are those declared here.
const OLDEST: &str = "0.1.0";
const TOO_NEW: &str = "0.2.0";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    for name in ["LIB_DIR", "INCLUDE_DIR", "STATIC", "NO_PKG_CONFIG"] {
        println!("cargo:rerun-if-env-changed=TINYLSTM_{name}");
    }
    // docs.rs has no C library, and documentation needs none.
    if env::var_os("DOCS_RS").is_some() {
        return;
    }
    if let Ok(folder) = env::var("TINYLSTM_LIB_DIR") {
        link_from(&folder);
    } else if cfg!(feature = "bundled") {
        bundled();
    } else if env::var_os("TINYLSTM_NO_PKG_CONFIG").is_some() {
        link_by_name();
    } else {
        link_installed();
    }
}

fn is_static() -> bool {
    env::var_os("TINYLSTM_STATIC").is_some()
}

fn link_by_name() {
    let kind = if is_static() { "static" } else { "dylib" };
    println!("cargo:rustc-link-lib={kind}=tinylstm");
    if let Ok(headers) = env::var("TINYLSTM_INCLUDE_DIR") {
        println!("cargo:include={headers}");
    }
    if is_static() {
        link_dependencies();
    }
}

fn link_from(folder: &str) {
    println!("cargo:rustc-link-search=native={folder}");
    println!("cargo:root={folder}");
    link_by_name();
}

fn link_installed() {
    let found = pkg_config::Config::new()
        .range_version(OLDEST..TOO_NEW)
        .probe("tinylstm");
    match found {
        Ok(library) => {
            for folder in &library.include_paths {
                println!("cargo:include={}", folder.display());
            }
            for folder in &library.link_paths {
                println!("cargo:root={}", folder.display());
            }
        }
        Err(reason) => {
            eprintln!("{reason}");
            eprintln!(
                "libtinylstm {OLDEST} or later (below {TOO_NEW}) was not found. Install it with \
                 `meson install`, set PKG_CONFIG_PATH or TINYLSTM_LIB_DIR, or choose the feature \
                 `bundled`, which builds it."
            );
            std::process::exit(1);
        }
    }
}

/// Links what the C library itself is made of, for programs that contain it; tells where the headers
/// lie. Debian's HDF5 has a name for each of its builds.
fn link_dependencies() -> Vec<PathBuf> {
    let mut headers = Vec::new();
    for names in [&["hdf5", "hdf5-serial"][..], &["jansson"], &["minizip"]] {
        let mut probes = names.iter().map(|name| pkg_config::probe_library(name));
        match probes.find_map(Result::ok) {
            Some(library) => headers.extend(library.include_paths),
            None => println!("cargo:rustc-link-lib={}", names[0]),
        }
    }
    if cfg!(unix) {
        println!("cargo:rustc-link-lib=m");
        println!("cargo:rustc-link-lib=pthread");
    }
    headers
}

#[cfg(not(feature = "bundled"))]
fn bundled() {}

#[cfg(feature = "bundled")]
use bundle::build as bundled;

/// Compiles the C library as its meson.build files do.
#[cfg(feature = "bundled")]
mod bundle {
    use std::env;
    use std::fs;
    use std::path::{Path, PathBuf};

    /// Name and flags of an instruction set for which the kernels are compiled.
    type KernelSet = (&'static str, &'static [&'static str]);

    pub fn build() {
        let source = PathBuf::from(env::var("CARGO_MANIFEST_DIR").unwrap()).join("source");
        println!("cargo:rerun-if-changed={}", source.join("lib").display());
        println!(
            "cargo:rerun-if-changed={}",
            source.join("include").display()
        );
        println!("cargo:include={}", source.join("include").display());

        let sets = supported_sets(&source);
        let mut library = compiler(&source);
        for set in &sets {
            library.define(&format!("TL_HAVE_{}", set.0.to_uppercase()), None);
        }
        // No code looks at errno or floating-point exceptions.
        for flag in ["-fno-math-errno", "-fno-trapping-math"] {
            library.flag_if_supported(flag);
        }
        library.includes(super::link_dependencies());
        library.files(sources(&source.join("lib")));
        for set in &sets {
            library.objects(kernels(&source, set));
        }
        library.compile("tinylstm");
    }

    /// Settings of all sources. An unoptimised build would be of use to nobody.
    fn compiler(source: &Path) -> cc::Build {
        let mut compiler = cc::Build::new();
        compiler
            .include(source.join("include"))
            .include(source.join("lib"))
            .std("c11")
            .opt_level(3)
            .define("_POSIX_C_SOURCE", "200809L")
            .define("NDEBUG", None)
            .define("TLSTM_BUILDING", None)
            .define("TLSTM_STATIC", None)
            .flag_if_supported("-fvisibility=hidden")
            .flag_if_supported("-pthread")
            .warnings(false);
        compiler
    }

    /// All C files of a folder and those below it, but for the kernels, which are compiled apart.
    fn sources(folder: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).expect("the C sources are there") {
            let path = entry.expect("the C sources can be listed").path();
            if path.is_dir() && !path.ends_with("kernels/simd") {
                found.append(&mut sources(&path));
            } else if path.extension().map_or(false, |extension| extension == "c") {
                found.push(path);
            }
        }
        found.sort();
        found
    }

    /// The sets of lib/kernels/meson.build.
    fn kernel_sets() -> &'static [KernelSet] {
        match env::var("CARGO_CFG_TARGET_ARCH").as_deref() {
            Ok("x86_64") => &[("baseline", &[]), AVX2, AVX512],
            Ok("x86") => &[("baseline", &["-msse2", "-mfpmath=sse"]), AVX2, AVX512],
            Ok("aarch64") => &[("neon", &[])],
            _ => &[("baseline", &[])],
        }
    }

    const AVX2: KernelSet = ("avx2", &["-mavx2", "-mfma"]);
    const AVX512: KernelSet = (
        "avx512",
        &[
            "-mavx512f",
            "-mavx512vl",
            "-mavx512dq",
            "-mavx512bw",
            "-mfma",
            "-mprefer-vector-width=512",
        ],
    );

    fn supported_sets(source: &Path) -> Vec<KernelSet> {
        let compiler = compiler(source);
        let supports = |flag: &&str| compiler.is_flag_supported(flag).unwrap_or(false);
        kernel_sets()
            .iter()
            .filter(|(_, flags)| flags.iter().all(|flag| supports(&flag)))
            .copied()
            .collect()
    }

    /// The kernels for one instruction set. NaN and infinity must be seen, so no -ffast-math;
    /// a * b + c may be one operation.
    fn kernels(source: &Path, (name, flags): &KernelSet) -> Vec<PathBuf> {
        let mut compiler = compiler(source);
        for flag in [
            "-ffp-contract=fast",
            "-fno-math-errno",
            "-fno-trapping-math",
            "-fno-version-loops-for-strides",
        ] {
            compiler.flag_if_supported(flag);
        }
        for flag in *flags {
            compiler.flag(flag);
        }
        let folder = PathBuf::from(env::var("OUT_DIR").unwrap()).join(name);
        compiler
            .define("TL_KERNELS_NAME", format!("tl_kernels_{name}").as_str())
            .define("TL_KERNELS_ISA", format!("\"{name}\"").as_str())
            .file(source.join("lib/kernels/simd/kernels.c"))
            .out_dir(folder)
            .compile_intermediates()
    }
}
