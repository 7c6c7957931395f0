//! fit with everything that can be given to it, evaluate, predict and gradient.
mod support;

use std::fs;
use std::ops::ControlFlow::{Break, Continue};
use std::panic::{catch_unwind, AssertUnwindSafe};

use support::*;
use tinylstm::*;

/// One step of gradient descent on y = x k + b at x = 1, y = 0: d(mse)/dk = 2 (k + b).
#[test]
fn fit_descends_the_gradient() {
    let mut model = linear_model(0.5, 0.25);
    let (x, y) = ([1.0f32], [0.0f32]);
    let (x, y) = (
        ArrayView::new(&x, &[1, 1]).unwrap(),
        ArrayView::new(&y, &[1]).unwrap(),
    );
    let gradient = model.gradient(&x, &y, None, 0).unwrap();
    assert_eq!(gradient.as_slice::<f32>().unwrap(), [1.5]);
    let history = model.fit(&x, &y).run().unwrap();
    assert_eq!(history.column("loss").unwrap(), [0.5625]);
    assert_eq!(
        model.weight(0).unwrap().as_slice::<f32>().unwrap(),
        [0.5 - 0.125 * 1.5]
    );
    assert_eq!(model.evaluate(&x, &y).unwrap().loss(), 0.375 * 0.375);
}

#[test]
fn weights_of_samples_and_classes_count() {
    let (x, y, halves) = ([1.0f32, 1.0], [0.0f32, 1.0], [0.5f32, 0.0]);
    let x = ArrayView::new(&x, &[2, 1]).unwrap();
    let y = ArrayView::new(&y, &[2]).unwrap();
    let halves = ArrayView::new(&halves, &[2]).unwrap();
    let mut model = linear_model(1.0, 0.0);
    let rate = |model: &mut Model| model.set_learning_rate(0.0).unwrap();
    rate(&mut model);
    let history = model.fit(&x, &y).sample_weight(&halves).run().unwrap();
    assert_eq!(history.value("loss", 0), 0.25);
    let history = model.fit(&x, &y).class_weight(&[4.0, 1.0]).run().unwrap();
    assert_eq!(history.value("loss", 0), 2.0);
    let fit = model
        .fit(&x, &y)
        .validation_data(&x, &y)
        .validation_sample_weight(&halves);
    let history = fit.run().unwrap();
    assert_eq!(
        (history.value("loss", 0), history.value("val_loss", 0)),
        (0.5, 0.25)
    );
    let weighted = model
        .evaluate_with(&x, &y, RunOptions::new().sample_weight(&halves))
        .unwrap();
    assert_eq!(weighted.loss(), 0.25);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let (x, y) = reviews(200);
    let y = ArrayView::new(&y, &[200]).unwrap();
    let trained = [1, 2].map(|threads| {
        let mut model = reference_model();
        let fit = model
            .fit(&x, &y)
            .epochs(2)
            .batch_size(64)
            .validation_split(0.2);
        fit.threads(threads).run().unwrap();
        weights(&model)
    });
    assert_eq!(trained[0], trained[1]);
    assert_ne!(trained[0], weights(&reference_model()));
}

#[test]
fn closures_are_told_and_asked() {
    let (x, y) = reviews(100);
    let y = ArrayView::new(&y, &[100]).unwrap();
    let mut model = reference_model();
    let (mut begun, mut batches, mut ended) = (0, Vec::new(), 0);
    let mut callback = Callback::new()
        .on_train_begin(|progress| {
            assert_eq!((progress.batches(), progress.values().count()), (4, 0));
            Continue(())
        })
        .on_epoch_begin(|progress| {
            assert_eq!((progress.epoch(), progress.batch()), (begun, None));
            begun += 1;
            Continue(())
        })
        .on_batch_end(|progress| {
            assert!(progress.get("loss").unwrap() > 0.0 && progress.get("val_loss").is_none());
            batches.push(progress.batch().unwrap());
            Continue(())
        })
        .on_epoch_end(|epoch| {
            assert_eq!(epoch.model().params(), 8809);
            let rate = epoch.model().learning_rate().unwrap();
            epoch.set_learning_rate(rate / 2.0).unwrap();
            if epoch.epoch() == 1 {
                Break(())
            } else {
                Continue(())
            }
        })
        .on_train_end(|_| {
            ended += 1;
            Continue(())
        });
    let history = model
        .fit(&x, &y)
        .epochs(9)
        .callback(&mut callback)
        .run()
        .unwrap();
    drop(callback);
    assert_eq!((history.epochs(), begun, ended), (2, 2, 1));
    assert_eq!(batches, [0, 1, 2, 3, 0, 1, 2, 3]);
    assert_eq!(model.learning_rate(), Some(1e-3 / 4.0));
}

#[test]
fn an_epoch_may_end_with_other_weights() {
    let mut model = linear_model(0.5, 0.25);
    let one = [1.0f32];
    let x = ArrayView::new(&one, &[1, 1]).unwrap();
    let mut callback = Callback::new().on_epoch_end(|epoch| {
        epoch
            .set_weight(0, &ArrayView::new(&[7.0f32], &[1, 1]).unwrap())
            .unwrap();
        Continue(())
    });
    model.fit(&x, &x).callback(&mut callback).run().unwrap();
    assert_eq!(model.weight(0).unwrap().as_slice::<f32>().unwrap(), [7.0]);
}

#[test]
fn a_panic_travels_through_fit() {
    let (x, y) = reviews(64);
    let y = ArrayView::new(&y, &[64]).unwrap();
    let mut model = reference_model();
    let mut calls = 0;
    let mut callback = Callback::new().on_batch_end(|_| {
        calls += 1;
        panic!("out of patience")
    });
    let caught = catch_unwind(AssertUnwindSafe(|| {
        let _ = model.fit(&x, &y).epochs(3).callback(&mut callback).run();
    }));
    drop(callback);
    assert_eq!(caught.unwrap_err().downcast_ref(), Some(&"out of patience"));
    assert_eq!(calls, 1);
    // The model lives on.
    assert_eq!(model.fit(&x, &y).run().unwrap().epochs(), 1);
}

#[test]
fn a_panic_of_the_writer_travels_too() {
    let (x, y) = reviews(64);
    let y = ArrayView::new(&y, &[64]).unwrap();
    let mut model = reference_model();
    let caught = catch_unwind(AssertUnwindSafe(|| {
        let fit = model.fit(&x, &y).verbose(Verbose::Lines);
        let _ = fit.write(|_| panic!("full")).run();
    }));
    assert_eq!(caught.unwrap_err().downcast_ref(), Some(&"full"));
}

#[test]
fn progress_goes_where_it_should() {
    let (x, y) = reviews(64);
    let y = ArrayView::new(&y, &[64]).unwrap();
    let mut model = reference_model();
    let mut said = String::new();
    let fit = model.fit(&x, &y).epochs(2).verbose(Verbose::Lines);
    fit.write(|text| said += text).run().unwrap();
    assert!(
        said.contains("Epoch 1/2") && said.contains("Epoch 2/2"),
        "{said}"
    );
}

#[test]
fn early_stopping_stops_where_nothing_improves() {
    let (x, y) = reviews(64);
    let y = ArrayView::new(&y, &[64]).unwrap();
    let mut model = reference_model();
    // No loss is better by 1000 than that of epoch 0.
    let mut stopping = EarlyStopping::new()
        .monitor("loss")
        .min_delta(1000.0)
        .patience(2);
    let history = model
        .fit(&x, &y)
        .epochs(9)
        .callback(&mut stopping)
        .run()
        .unwrap();
    assert_eq!((history.epochs(), stopping.stopped_epoch()), (3, 2));
    // It begins anew, and now stops never.
    let mut stopping = stopping.min_delta(0.0).patience(9);
    assert_eq!(
        model
            .fit(&x, &y)
            .callback(&mut stopping)
            .run()
            .unwrap()
            .epochs(),
        1
    );
    assert_eq!(stopping.stopped_epoch(), 0);
}

#[test]
fn files_are_left_by_checkpoint_logger_and_history() {
    let (x, y) = reviews(64);
    let y = ArrayView::new(&y, &[64]).unwrap();
    let mut model = reference_model();
    let [best, log, csv, svg] =
        ["best-{epoch:02d}.h5", "log.csv", "history.csv", "loss.svg"].map(scratch);
    let mut checkpoint = Checkpoint::new(&best)
        .monitor("loss")
        .mode(Mode::Min)
        .save_best_only(true);
    let mut logger = CsvLogger::new(&log);
    let fit = model
        .fit(&x, &y)
        .epochs(2)
        .callback(&mut checkpoint)
        .callback(&mut logger);
    let history = fit.run().unwrap();
    history.save_csv(&csv).unwrap();
    history.save_svg("loss", &svg).unwrap();
    let saved = Model::load(scratch("best-02.h5")).unwrap();
    assert_eq!(weights(&saved), weights(&model));
    let rows = fs::read_to_string(&csv).unwrap();
    let mut lines = rows
        .lines()
        .map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let loss = header.iter().position(|name| name == "loss").unwrap();
    assert_eq!(
        lines.next().unwrap()[loss].parse::<f64>().unwrap(),
        history.value("loss", 0)
    );
    assert_eq!(fs::read_to_string(&log).unwrap().lines().count(), 3);
    assert!(fs::read_to_string(&svg).unwrap().contains("<svg"));
}

#[test]
fn evaluation_has_names_and_agrees_with_fit() {
    let (x, y) = reviews(128);
    let y = ArrayView::new(&y, &[128]).unwrap();
    let mut model = reference_model();
    let history = model.fit(&x, &y).validation_data(&x, &y).run().unwrap();
    let evaluation = model
        .evaluate_with(&x, &y, RunOptions::new().threads(2))
        .unwrap();
    assert_eq!(
        evaluation.iter().map(|(name, _)| name).collect::<Vec<_>>(),
        ["loss", "accuracy"]
    );
    assert_eq!(evaluation.loss(), history.value("val_loss", 0));
    assert_eq!(
        evaluation.get("accuracy"),
        Some(history.value("val_accuracy", 0))
    );
    assert!(history.value("precision", 0).is_nan() && history.column("precision").is_none());
}

#[test]
fn compile_may_keep_what_was_there() {
    let mut model = reference_model();
    model
        .compile(None, &Loss::new("mse").unwrap(), &["mae"])
        .unwrap();
    assert_eq!(model.learning_rate(), Some(1e-3));
    assert_eq!(model.metric_names().collect::<Vec<_>>(), ["loss", "mae"]);
}

/// One thread at a time changes the states; the lock makes the result that of some order.
#[test]
// All threads must run before the first one is waited for.
#[allow(clippy::needless_collect)]
fn stateful_models_are_safe_to_share() {
    let mut model = Model::new(3).unwrap();
    model
        .add(&Input::new(&[2, 1]))
        .unwrap()
        .add(&Lstm::new(4).stateful(true))
        .unwrap()
        .build()
        .unwrap();
    let x = [0.5f32, -0.5];
    let x = ArrayView::new(&x, &[1, 2, 1]).unwrap();
    let predict = |model: &Model| {
        model
            .predict(&x)
            .unwrap()
            .as_slice::<f32>()
            .unwrap()
            .to_vec()
    };
    let first = predict(&model);
    let orders: Vec<Vec<f32>> = (0..7).map(|_| predict(&model)).collect();
    assert_ne!(first, orders[0]);
    model.reset_states();
    let shared = &model;
    let mut seen: Vec<Vec<f32>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| predict(shared))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let mut wanted = orders;
    wanted.push(first);
    let by_value = |a: &Vec<f32>, b: &Vec<f32>| a.partial_cmp(b).unwrap();
    seen.sort_by(by_value);
    wanted.sort_by(by_value);
    assert_eq!(seen, wanted);
}
