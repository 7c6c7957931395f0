//! Nothing leaks. Alone in its process, so that nobody else's memory is counted.
#![cfg(target_os = "linux")]
mod support;

use support::*;
use tinylstm::*;

fn resident_kib() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn create_and_free() {
    let model = reference_model();
    let mut session = Session::new(&model, 1, 0).unwrap();
    session.step_token(&[3], &mut [0.0]).unwrap();
    assert!(session.step_token(&[500], &mut [0.0]).is_err());
}

#[test]
fn ten_thousand_models_and_sessions_leave_nothing() {
    (0..500).for_each(|_| create_and_free());
    let before = resident_kib();
    (0..10_000).for_each(|_| create_and_free());
    let grown = resident_kib().saturating_sub(before);
    assert!(grown < 1024, "grew by {grown} KiB");
}
