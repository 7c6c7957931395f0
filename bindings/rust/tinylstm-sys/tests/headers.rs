//! The bindings say what the C headers say: every function with its types, every constant with its
//! value, every struct with its size and offsets as the C compiler has them.
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::mem::{size_of, MaybeUninit};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::ptr::addr_of;

use tinylstm_sys::*;

fn include_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("source/include")
}

fn bindings() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bindings.rs")).unwrap()
}

/// The text of all headers, without comments.
fn headers() -> String {
    let mut code = String::new();
    for entry in fs::read_dir(include_dir().join("tinylstm")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().map_or(true, |extension| extension != "h") {
            continue;
        }
        for (i, part) in fs::read_to_string(path).unwrap().split("/*").enumerate() {
            code += if i == 0 {
                part
            } else {
                part.split_once("*/").unwrap().1
            };
        }
    }
    assert!(code.contains("tlstm_version"), "the headers are not there");
    code
}

fn without_blanks(text: &str) -> String {
    text.split_whitespace().collect()
}

// ---- Functions ----

/// "const tlstm_array *const *samples" in Rust: the name and "*const *const tlstm_array".
fn rust_parameter(parameter: &str) -> (String, String) {
    let (before, name) = parameter
        .rfind(|c: char| !c.is_alphanumeric() && c != '_')
        .map_or(("", parameter), |at| parameter.split_at(at + 1));
    (name.to_owned(), rust_type(before))
}

fn rust_type(c_type: &str) -> String {
    let mut parts: Vec<&str> = c_type.trim().split('*').collect();
    let outermost = parts.pop().unwrap();
    if parts.is_empty() {
        return rust_base(outermost);
    }
    // What stands before a star says whether one may write behind it.
    let mut rust = rust_base(parts[0].trim().trim_start_matches("const "));
    for part in parts {
        let is_const = part.split_whitespace().any(|word| word == "const");
        rust = format!("*{} {rust}", if is_const { "const" } else { "mut" });
    }
    rust
}

fn rust_base(c_type: &str) -> String {
    match c_type.trim() {
        "int32_t" => "i32",
        "int64_t" => "i64",
        "uint64_t" => "u64",
        "size_t" => "usize",
        "double" => "f64",
        "float" => "f32",
        "char" => "std::os::raw::c_char",
        "void" => "std::os::raw::c_void",
        other => other,
    }
    .to_owned()
}

/// "TLSTM_API tlstm_status f(int32_t a)" as bindgen would write it, without blanks.
fn rust_declaration(declaration: &str) -> (String, String) {
    let (head, parameters) = declaration.trim_end_matches(')').split_once('(').unwrap();
    let (name, returned) = rust_parameter(head.trim());
    let parameters: Vec<String> = parameters
        .split(',')
        .map(str::trim)
        .filter(|parameter| *parameter != "void")
        .map(rust_parameter)
        .map(|(name, kind)| format!("{name}: {kind}"))
        .collect();
    let returned = match returned.as_str() {
        "std::os::raw::c_void" => String::new(),
        kind => format!("-> {kind}"),
    };
    let rust = format!("pub fn {name}({}){returned};", parameters.join(","));
    (name, without_blanks(&rust))
}

#[test]
fn every_function_is_declared_as_in_c() {
    let bound = without_blanks(&bindings()).replace(",)", ")");
    let headers = headers();
    let mut names = Vec::new();
    for part in headers.split("\nTLSTM_API ").skip(1) {
        let (name, declaration) = rust_declaration(part.split_once(';').unwrap().0);
        assert!(bound.contains(&declaration), "{declaration} is not bound");
        names.push(name);
    }
    assert!(names.len() > 100, "only {} functions found", names.len());
    assert_eq!(bound.matches("pubfn").count(), names.len());
}

// ---- Constants and structs ----

/// Names of the constants that are numbers, and of the structs whose fields are known.
fn bound_names() -> (Vec<String>, Vec<String>) {
    let (mut constants, mut structs) = (Vec::new(), Vec::new());
    for block in bindings().split("pub ").skip(1) {
        if let Some((name, _)) = block
            .strip_prefix("const ")
            .and_then(|c| c.split_once(": i32 ="))
        {
            constants.push(name.to_owned());
        } else if let Some((name, rest)) = block
            .strip_prefix("struct ")
            .and_then(|s| s.split_once(" {"))
        {
            if !rest.contains("_unused") {
                structs.push(name.to_owned());
            }
        }
    }
    (constants, structs)
}

/// What a C program that is compiled here prints: lines of a name and a number.
fn numbers_of_c(what: &str, expressions: &[String]) -> BTreeMap<String, i64> {
    let mut source =
        "#include <stdio.h>\n#include <tinylstm/tinylstm.h>\nint main(void) {\n".to_owned();
    for expression in expressions {
        writeln!(
            source,
            "printf(\"%s=%lld\\n\", \"{expression}\", (long long)({expression}));"
        )
        .unwrap();
    }
    source += "return 0; }\n";
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (file, program) = (folder.join(format!("{what}.c")), folder.join(what));
    fs::write(&file, source).unwrap();
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let status = Command::new(compiler)
        .args(["-std=c11", "-I"])
        .arg(include_dir())
        .arg("-o")
        .args([&program, &file])
        .status()
        .expect("there is a C compiler");
    assert!(status.success(), "{} does not compile", file.display());
    String::from_utf8(Command::new(program).output().unwrap().stdout)
        .unwrap()
        .lines()
        .map(|line| line.rsplit_once('=').unwrap())
        .map(|(name, number)| (name.to_owned(), number.parse().unwrap()))
        .collect()
}

/// Sizes and offsets as Rust has them. That no field is forgotten is seen by the compiler, and that
/// no struct is, by the test.
macro_rules! layouts {
    ($($name:ident { $($field:ident),* })*) => {{
        let mut numbers = BTreeMap::new();
        $(
            let _all_fields = |value: $name| { let $name { $($field: _),* } = value; };
            numbers.insert(format!("sizeof({})", stringify!($name)), size_of::<$name>() as i64);
            let value = MaybeUninit::<$name>::uninit();
            let start = value.as_ptr();
            $(
                // SAFETY: the address alone is taken, nothing is read.
                let field = unsafe { addr_of!((*start).$field) };
                numbers.insert(
                    format!("offsetof({}, {})", stringify!($name), stringify!($field)),
                    field as i64 - start as i64,
                );
            )*
        )*
        numbers
    }};
}

#[rustfmt::skip]
fn layouts() -> BTreeMap<String, i64> {
    layouts! {
        tlstm_allocator { struct_size, allocate, release, user }
        tlstm_pad_options { struct_size, maxlen, dtype, padding, truncating, value }
        tlstm_split_options { struct_size, test_size, train_size, shuffle, random_state, stratify }
        tlstm_imdb_options {
            struct_size, num_words, skip_top, maxlen, seed, start_char, oov_char, index_from
        }
        tlstm_text_options { struct_size, filters, lower, split, char_level, oov_token }
        tlstm_embedding_options {
            struct_size, name, embeddings_initializer, embeddings_regularizer,
            embeddings_constraint, mask_zero, input_length, frozen
        }
        tlstm_recurrent_options {
            struct_size, name, activation, recurrent_activation, use_bias, return_sequences,
            go_backwards, stateful, unit_forget_bias, reset_after, dropout, recurrent_dropout,
            kernel_initializer, recurrent_initializer, bias_initializer, kernel_regularizer,
            recurrent_regularizer, bias_regularizer, kernel_constraint, recurrent_constraint,
            bias_constraint, frozen
        }
        tlstm_dense_options {
            struct_size, name, use_bias, kernel_initializer, bias_initializer,
            kernel_regularizer, bias_regularizer, kernel_constraint, bias_constraint, frozen
        }
        tlstm_checkpoint_options {
            struct_size, monitor, mode, save_best_only, save_weights_only, verbose,
            has_threshold, initial_value_threshold
        }
        tlstm_early_stopping_options {
            struct_size, monitor, min_delta, patience, mode, restore_best_weights,
            start_from_epoch, verbose, has_baseline, baseline
        }
        tlstm_logs { struct_size, epoch, batch, batches, count, names, values }
        tlstm_callback_functions {
            struct_size, on_train_begin, on_epoch_begin, on_batch_end, on_epoch_end,
            on_train_end, user
        }
        tlstm_fit_options {
            struct_size, batch_size, epochs, initial_epoch, shuffle, verbose, threads,
            validation_split, x_val, y_val, sample_weight, val_sample_weight, class_weight,
            class_count, callbacks, callback_count, write, write_user
        }
        tlstm_run_options {
            struct_size, batch_size, threads, verbose, sample_weight, write, write_user
        }
        tlstm_save_options { struct_size, weights_only, without_optimizer, keras }
        tlstm_weights_options { struct_size, order, modules, layers, module_count }
    }
}

#[test]
fn structs_lie_in_memory_as_in_c() {
    let rust = layouts();
    for name in bound_names().1 {
        assert!(
            rust.contains_key(&format!("sizeof({name})")),
            "{name} is not compared"
        );
    }
    let expressions: Vec<String> = rust.keys().cloned().collect();
    assert_eq!(rust, numbers_of_c("layouts", &expressions));
}

#[test]
fn constants_have_the_values_of_c() {
    let (names, _) = bound_names();
    let headers = headers();
    let words = headers.split(|c: char| !c.is_alphanumeric() && c != '_');
    for word in words.filter(|word| word.starts_with("TLSTM_")) {
        let no_number = ["_INIT", "_API", "_STATIC", "_BUILDING", "_STRING"];
        let is_number = !no_number.iter().any(|end| word.ends_with(end));
        assert!(
            !is_number || names.iter().any(|name| name == word),
            "{word} is not bound"
        );
    }
    let bindings = bindings();
    for (name, number) in numbers_of_c("constants", &names) {
        let line = format!("pub const {name}: i32 = {number};");
        assert!(bindings.contains(&line), "there is no {line:?}");
    }
}
