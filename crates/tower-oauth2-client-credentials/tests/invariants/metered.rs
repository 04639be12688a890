//! What metrics tell of a test.

/// Runs a test, and returns what the metrics show when it is over; nothing without the feature.
#[cfg(feature = "metrics")]
pub(crate) fn metered<T>(test: impl FnOnce() -> T) -> (T, String) {
    let recorder = metrics_util::debugging::DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let result = metrics::with_local_recorder(&recorder, test);
    let snapshot = snapshotter.snapshot().into_vec();
    assert!(!snapshot.is_empty(), "nothing was counted");
    (result, format!("{snapshot:?}"))
}

#[cfg(not(feature = "metrics"))]
pub(crate) fn metered<T>(test: impl FnOnce() -> T) -> (T, String) {
    (test(), String::new())
}
