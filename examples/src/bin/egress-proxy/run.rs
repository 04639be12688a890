//! From the first connection to the last.

use std::{
    io::{self, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::{
    net::TcpStream,
    select,
    signal::unix::{SignalKind, signal},
    sync::mpsc,
    time,
};
use tracing::{error, info, warn};

use crate::{
    admin,
    config::{Config, ConfigError},
    connections::Connections,
    failure::Failure,
    listener::Listener,
    metrics::Metrics,
    proxy::Proxy,
    state::State,
};

/// How long a reload waits for tokens that are new.
const WARM_UP: Duration = Duration::from_secs(5);

/// Serves until SIGTERM or SIGINT, and then ends what has begun.
///
/// # Errors
///
/// The configuration cannot be meant, or an address cannot be listened on.
pub(crate) async fn run(path: PathBuf, config: Config) -> Result<(), Failure> {
    let metrics = Arc::<Metrics>::default();
    let state = State::new(&config, None, &metrics)?;
    let proxy = Arc::new(Proxy::new(state, Arc::clone(&metrics)));
    let bind = |address: SocketAddr| async move {
        let listener = Listener::bind(address).await;
        listener.map_err(|error| Failure::new(&format!("{address} cannot be listened on"), &error))
    };
    let listener = bind(config.listen()).await?;
    let admin = match config.admin() {
        Some(address) => Some(bind(address).await?),
        None => None,
    };
    let heard = |kind| signal(kind).map_err(|error| Failure::new("signals", &error));
    let mut hangup = heard(SignalKind::hangup())?;
    let mut terminate = heard(SignalKind::terminate())?;
    let mut interrupt = heard(SignalKind::interrupt())?;
    proxy.state().start();
    tell(&listener, admin.as_ref());
    // It goes on answering while the rest is drained.
    if let Some(admin) = admin {
        let connections = Connections::new(&config);
        let proxy = Arc::clone(&proxy);
        tokio::spawn(async move {
            loop {
                let (stream, proxy) = (admin.accept().await, Arc::clone(&proxy));
                connections.serve(stream, &Arc::default(), move |request| {
                    admin::answer(Arc::clone(&proxy), request)
                });
            }
        });
    }
    let (wake, wakes) = mpsc::channel(1);
    let (drain_delay, drain_timeout) = (config.drain_delay(), config.drain_timeout());
    let connections = Connections::new(&config);
    tokio::spawn(reload(path, config, Arc::clone(&proxy), wakes));
    loop {
        select! {
            stream = listener.accept() => serve(&connections, &proxy, stream),
            // One that is asked for while another is under way sees the same file, or comes right after it.
            _ = hangup.recv() => drop(wake.try_send(())),
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
        }
    }
    info!("draining: connections are closed after their next answer");
    proxy.drain();
    let late = time::sleep(drain_delay);
    tokio::pin!(late);
    loop {
        select! {
            biased;
            () = &mut late => break,
            stream = listener.accept() => serve(&connections, &proxy, stream),
        }
    }
    // Those that are connected, and not accepted yet, would be cut.
    let rest = listener.rest(|stream| serve(&connections, &proxy, stream));
    if time::timeout(drain_delay, rest).await.is_err() {
        warn!("connections that wait could not be accepted: they are cut");
    }
    match connections.drain(drain_delay, drain_timeout).await {
        0 => info!("drained"),
        left => warn!(left, "not drained in time: connections are cut"),
    }
    Ok(())
}

fn serve(connections: &Connections, proxy: &Arc<Proxy>, stream: TcpStream) {
    let proxy = Arc::clone(proxy);
    let metrics = Arc::clone(proxy.metrics());
    connections.serve(stream, &metrics, move |request| {
        Arc::clone(&proxy).answer(request)
    });
}

/// Reads the file again each time it is woken. What is wrong changes nothing.
async fn reload(
    path: PathBuf,
    mut config: Config,
    proxy: Arc<Proxy>,
    mut wakes: mpsc::Receiver<()>,
) {
    while wakes.recv().await.is_some() {
        match next(&path, &config, &proxy).await {
            Ok(newer) => {
                config = newer;
                proxy.metrics().reloaded();
                info!("the configuration was read again");
            }
            Err(error) => {
                proxy.metrics().refused_reload();
                error!("the configuration stays as it was: {error}");
            }
        }
    }
}

async fn next(path: &Path, config: &Config, proxy: &Proxy) -> Result<Config, ConfigError> {
    let newer = Config::read(path)?;
    config.check_reload(&newer)?;
    let state = State::new(&newer, Some(&proxy.state()), proxy.metrics())?;
    state.start();
    state.warm_up(WARM_UP).await;
    proxy.replace(state);
    Ok(newer)
}

/// Prints where it listens: the port may be any that was free.
fn tell(listener: &Listener, admin: Option<&Listener>) {
    let mut stdout = io::stdout().lock();
    for one in [Some(listener), admin].into_iter().flatten() {
        if let Ok(address) = one.address() {
            // Nobody may read it.
            let _ = writeln!(stdout, "http://{address}");
        }
    }
    let _ = stdout.flush();
}
