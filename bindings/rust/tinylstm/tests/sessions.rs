//! Sessions: the same numbers as predict, whole or step by step, in any number of threads.
mod support;

use support::*;
use tinylstm::*;

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

#[test]
fn a_hundred_steps_are_the_whole_sequence() {
    let model = reference_model();
    let (x, _) = reviews(1);
    let tokens = x.as_slice::<i32>().unwrap();
    let mut session = Session::new(&model, 1, 0).unwrap();
    let (mut whole, mut last) = ([0.0], [0.0]);
    session
        .run_tokens(1, TIMESTEPS, tokens, &mut whole)
        .unwrap();
    for token in tokens {
        session
            .step_token(std::slice::from_ref(token), &mut last)
            .unwrap();
    }
    assert_eq!(bits(&whole), bits(&last));
    assert_eq!(
        bits(&whole),
        bits(model.predict(&x).unwrap().as_slice().unwrap())
    );
}

#[test]
fn states_travel_between_sessions() {
    let model = reference_model();
    let (mut one, mut two) = (
        Session::new(&model, 1, 1).unwrap(),
        Session::new(&model, 1, 1).unwrap(),
    );
    let (mut y, mut z) = ([0.0], [0.0]);
    one.step_token(&[17], &mut y).unwrap();
    assert_eq!(one.state_size(), 16);
    two.set_state(&one.state()).unwrap();
    one.step_token(&[4], &mut y).unwrap();
    two.step_token(&[4], &mut z).unwrap();
    assert_eq!(bits(&y), bits(&z));
    two.reset();
    assert_eq!(two.state(), [0.0; 16]);
    assert!(two.set_state(&[0.0; 15]).is_err() && two.get_state(&mut [0.0; 17]).is_err());
}

#[test]
fn sizes_are_checked() {
    let model = reference_model();
    let mut session = Session::new(&model, 2, 0).unwrap();
    assert_eq!(
        (
            session.input_size(TIMESTEPS),
            session.output_size(TIMESTEPS)
        ),
        (TIMESTEPS, 1)
    );
    let mut y = [0.0; 2];
    let kinds = [
        session.run_tokens(2, TIMESTEPS, &[1; 199], &mut y),
        session.run_tokens(1, TIMESTEPS, &[1; 100], &mut y),
        session.run_tokens(2, 99, &[1; 198], &mut y),
        session.step_token(&[1], &mut y),
        session.run_tokens(usize::MAX, TIMESTEPS, &[], &mut y),
    ]
    .map(|result| result.unwrap_err().kind());
    assert_eq!(kinds, [ErrorKind::Shape; 5]);
    let many = session
        .run_tokens(3, TIMESTEPS, &[1; 300], &mut [0.0; 3])
        .unwrap_err();
    assert_eq!(
        (many.kind(), many.place()),
        (ErrorKind::Argument, "samples")
    );
    let features = session.step(&[1.0; 2], &mut y).unwrap_err();
    assert_eq!(
        (features.kind(), features.place()),
        (ErrorKind::Argument, "x")
    );
    assert_eq!(
        session.step_token(&[0, 500], &mut y).unwrap_err().kind(),
        ErrorKind::Value
    );
}

#[test]
fn whole_sequences_only() {
    let mut model = Model::new(1).unwrap();
    model
        .add(&Input::new(&[3, 2]))
        .unwrap()
        .add(&Flatten::new())
        .unwrap()
        .build()
        .unwrap();
    let mut session = Session::new(&model, 1, 0).unwrap();
    let (mut y, x) = ([0.0; 6], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    session.run(1, 3, &x, &mut y).unwrap();
    assert_eq!(y, x);
    assert_eq!(
        session.step(&[1.0; 2], &mut y).unwrap_err().kind(),
        ErrorKind::Unsupported
    );
}

#[test]
// All threads must run before the first one is waited for.
#[allow(clippy::needless_collect)]
fn threads_share_a_model() {
    let model = reference_model();
    let (x, _) = reviews(8);
    let expected = model.predict(&x).unwrap();
    let tokens = x.as_slice::<i32>().unwrap();
    let scores: Vec<f32> = std::thread::scope(|scope| {
        let threads = tokens.chunks(TIMESTEPS).map(|review| {
            let mut session = Session::new(&model, 1, 0).unwrap();
            scope.spawn(move || {
                let mut y = [0.0];
                session
                    .run_tokens(1, TIMESTEPS, review, &mut y)
                    .map(|()| y[0])
            })
        });
        let threads: Vec<_> = threads.collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap().unwrap())
            .collect()
    });
    assert_eq!(bits(&scores), bits(expected.as_slice().unwrap()));
}
