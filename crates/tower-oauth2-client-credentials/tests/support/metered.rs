//! What is counted while something is played.

use metrics_util::debugging::{DebugValue, DebuggingRecorder};

/// All counters and their labels, sorted; without what every name of this crate begins with. No token is in a label.
pub(crate) fn counted(play: impl Future<Output = ()>) -> Vec<(String, u64)> {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    metrics::with_local_recorder(&recorder, || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(play);
    });
    let mut counted = Vec::new();
    for (key, _, _, value) in snapshotter.snapshot().into_vec() {
        let labels = key.key().labels().map(|label| label.value());
        let labels = labels.collect::<Vec<_>>().join(",");
        assert!(!labels.contains("canary"), "{labels}");
        if let DebugValue::Counter(count) = value {
            let name = key.key().name();
            let name = name.strip_prefix("oauth2_client_credentials_").expect(name);
            counted.push((format!("{name} {labels}"), count));
        }
    }
    counted.sort();
    counted
}
