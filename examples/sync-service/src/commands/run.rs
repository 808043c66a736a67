use super::Context;
use crate::alerts::Alerts;
use crate::config::load;
use crate::keep_alive::keep_alive;
use crate::output::{self, say};
use crate::pair::Pair;
use crate::sandbox::Sandbox;
use crate::service::{self, Pairs};
use crate::{Ended, Result};

/// Keeps all pairs in sync until it is told to stop.
pub(super) async fn run(context: &Context, sandbox: Option<&Sandbox>) -> Result<Ended> {
    let loaded = load(&context.settings)?;
    let listen = loaded.config.service.listen.clone();
    let alerts = Alerts::start(loaded.config.service.alerts.as_deref(), &loaded.base)?;
    let verifier = service::verifier(loaded.config.service.webhook_key.as_ref(), &loaded.base)?;
    let pairs = Pairs::new(Pair::all(loaded, context.pair.as_deref())?, &alerts);
    // Before anything else: a second service that was started by mistake ends here.
    let server = match listen.as_str() {
        "" => None,
        listen => {
            let listener = tokio::net::TcpListener::bind(listen).await.map_err(|error| match error.kind() {
                std::io::ErrorKind::AddrInUse => format!(
                    "{listen} is taken by another program, or the service runs already: stop that, or set another \
                     `listen` in [service]"
                ),
                _ => format!("`listen` in [service], {listen}: {error}"),
            })?;
            say!("Listening at http://{}", listener.local_addr()?);
            Some(tokio::spawn(service::serve(listener, pairs.clone(), verifier)))
        }
    };
    let stop = stopped()?;
    say!(
        "Pairs: {}. Ctrl-C or SIGTERM ends it.",
        pairs.iter().map(|one| one.pair.name()).collect::<Vec<_>>().join(", ")
    );
    if let Some(sandbox) = sandbox {
        say!("");
        say!("The accounts are made up, and gone when it ends. Once the first plan is applied,");
        say!("type in another terminal: the first to see what it asks, the second to edit a");
        say!("contact as a person would, the third, seconds later, to see the edit at Moloni.");
        say!("");
        // As they are: they are there to be copied.
        sandbox.hints().iter().for_each(|hint| output::line(format_args!("  {hint}")));
        say!("");
    }
    let keeping = tokio::spawn(keep_alive(pairs.clone()));
    service::supervise(&pairs, stop).await;
    keeping.abort();
    let _ = keeping.await;
    for running in pairs.iter() {
        running.pair.settle().await;
    }
    if let Some(server) = server {
        server.abort();
    }
    drop(pairs);
    alerts.finish().await;
    say!("Stopped. What was under way is finished or noted, and goes on with the next start.");
    Ok(Ended::Done)
}

/// Until Ctrl-C or SIGTERM. Both are heard as soon as this returns, and not only when it is awaited.
#[cfg(unix)]
fn stopped() -> Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Until Ctrl-C.
#[cfg(not(unix))]
fn stopped() -> Result<impl Future<Output = ()>> {
    Ok(async {
        // Without it, it would only have to be killed, which loses nothing either.
        let _ = tokio::signal::ctrl_c().await;
    })
}
