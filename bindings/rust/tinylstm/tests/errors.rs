//! Bad input gives one error that says what kind, why and where, and never a panic.
mod support;

use support::*;
use tinylstm::*;

fn assert_error<T: std::fmt::Debug>(result: Result<T>, kind: ErrorKind, place: &str, word: &str) {
    let error = result.unwrap_err();
    assert_eq!((error.kind(), error.place()), (kind, place), "{error}");
    assert!(error.message().contains(word), "{error}");
    assert_eq!(error.to_string(), format!("{place}: {}", error.message()));
}

fn tokens(timesteps: usize) -> Array {
    Array::zeros(Dtype::Int32, &[1, timesteps]).unwrap()
}

#[test]
fn files() {
    assert_error(
        Model::load("missing.h5"),
        ErrorKind::Io,
        "missing.h5",
        "No such file",
    );
    assert_eq!(
        Model::from_bytes(b"garbage").unwrap_err().kind(),
        ErrorKind::Format
    );
    let path = "no-such-folder/model.h5";
    let error = reference_model().save(path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.place().starts_with(path), "{error}");
}

#[test]
fn names_and_numbers() {
    let mut model = Model::new(1).unwrap();
    model.add(&Input::new(&[3])).unwrap();
    assert_error(model.add(&Dense::new(0)), ErrorKind::Argument, "units", "0");
    assert_error(
        Optimizer::new("rmsprob"),
        ErrorKind::Unsupported,
        "name",
        "rmsprob",
    );
    assert_error(Loss::new("mse2"), ErrorKind::Unsupported, "name", "mse2");
    let optimizer = Optimizer::new("rmsprop").unwrap();
    let unknown = optimizer.set("learning_rat", 1.0);
    assert_error(
        unknown,
        ErrorKind::Argument,
        "learning_rat",
        "learning_rate",
    );
    let not_finite = Optimizer::new("adam")
        .unwrap()
        .set("learning_rate", f64::NAN);
    assert_eq!(not_finite.unwrap_err().place(), "learning_rate");
    let json = r#"{"minval": }"#;
    assert!(model.add(&Dense::new(1).kernel_initializer(json)).is_err());
}

#[test]
fn order_of_calls() {
    let mut model = Model::new_named("judge", 1).unwrap();
    model
        .add(&Input::new(&[3]))
        .unwrap()
        .add(&Dense::new(1))
        .unwrap();
    let x = Array::zeros(Dtype::Float32, &[4, 3]).unwrap();
    let y = Array::zeros(Dtype::Float32, &[4]).unwrap();
    assert_error(model.predict(&x), ErrorKind::State, "judge", "not built");
    model.build().unwrap();
    assert_error(
        model.fit(&x, &y).run(),
        ErrorKind::State,
        "judge",
        "not compiled",
    );
    assert_error(
        model.set_learning_rate(0.1),
        ErrorKind::State,
        "judge",
        "not compiled",
    );
    assert_eq!(
        (model.learning_rate(), model.metric_names().count()),
        (None, 0)
    );
}

#[test]
fn data() {
    let mut model = reference_model();
    let short = model.predict(&tokens(99)).unwrap_err();
    assert_eq!((short.kind(), short.place()), (ErrorKind::Shape, "x"));
    let mut x = tokens(TIMESTEPS);
    x.as_mut_slice::<i32>().unwrap()[7] = WORDS as i32;
    let unknown = model.predict(&x).unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::Value);
    assert!(unknown.message().contains("500"), "{unknown}");
    let two = Array::zeros(Dtype::Int64, &[2]).unwrap();
    assert_eq!(
        model
            .fit(&tokens(TIMESTEPS), &two)
            .run()
            .unwrap_err()
            .kind(),
        ErrorKind::Shape
    );
    assert!(model.weight(99).is_err());
    assert_eq!(two.as_slice::<i32>().unwrap_err().kind(), ErrorKind::Shape);
    assert_eq!(
        ArrayView::new(&[1.0f32], &[2]).unwrap_err().kind(),
        ErrorKind::Shape
    );
    assert_eq!(
        ArrayView::new(&[1i32], &[usize::MAX, 2])
            .unwrap_err()
            .kind(),
        ErrorKind::Shape
    );
    assert_eq!(two.take(&[0, 2]).unwrap_err().kind(), ErrorKind::Value);
}

#[test]
fn strings_that_c_cannot_take() {
    let mut model = Model::new(1).unwrap();
    let nul = "a\0b";
    assert_error(
        model.add(&Dense::new(1).name(nul)),
        ErrorKind::Argument,
        "name",
        "NUL",
    );
    assert_error(Model::load(nul), ErrorKind::Argument, "path", "NUL");
    assert_error(Model::new_named(nul, 1), ErrorKind::Argument, "name", "NUL");
}

#[test]
fn kinds_have_words() {
    assert_eq!(ErrorKind::Shape.code(), -6);
    assert_ne!(ErrorKind::Shape.to_string(), ErrorKind::Value.to_string());
    assert!(!ErrorKind::Other(-99).to_string().is_empty());
}
