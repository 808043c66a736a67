use std::io::BufRead;
use std::sync::Arc;

use sync_core::http::oauth::{Authorization, Loopback, LoopbackError, OAuthApp};
use sync_core::{Env, NoObserver, Observer, SecretString, SystemEnv};

use super::Context;
use crate::cli::ServiceName;
use crate::output::say;
use crate::{Ended, Result};

/// Sends a person to a service's page, and keeps the tokens that come of it.
pub(super) async fn connect(context: &Context, service: ServiceName) -> Result<Ended> {
    let pair = context.only_pair()?;
    let observer: Arc<dyn Observer> = Arc::new(NoObserver);
    let tokens = pair.tokens().await?;
    let what = match service {
        ServiceName::Ghl => {
            let oauth = pair.ghl_oauth(&observer)?;
            let code = granted(oauth.authorize()?, pair.config.ghl.redirect.as_deref()).await?;
            oauth.connect(code, &pair.location(), tokens).await?;
            format!("HighLevel's location {}", pair.location())
        }
        ServiceName::Moloni => {
            let oauth = pair.moloni_oauth(&observer)?;
            let code = granted(oauth.authorize()?, pair.config.moloni.redirect.as_deref()).await?;
            oauth.connect(code, pair.company(), tokens).await?;
            format!("Moloni's company {}", pair.company())
        }
    };
    context.print(&serde_json::json!({ "pair": pair.name(), "connected": what }), || {
        say!("{what} is connected. A running service goes on by itself.");
    })?;
    Ok(Ended::Done)
}

/// The code that a person's visit comes to. Where the redirect address is of this machine the callback is received, else
/// the person says where they have ended up.
async fn granted(sent: Authorization, redirect: Option<&str>) -> Result<SecretString> {
    let env = SystemEnv::new();
    let receiver = match redirect {
        // Before the page is opened: it may come back at once.
        Some(redirect) => match Loopback::bind(&OAuthApp::new("", "").redirect(redirect.parse()?)).await {
            Ok(receiver) => Some(receiver),
            Err(LoopbackError::NotHere) => None,
            Err(error) => return Err(error.into()),
        },
        None => None,
    };
    eprintln!("Open this page, and give access:\n\n{}\n", sent.url);
    if let Some(receiver) = receiver {
        return Ok(receiver.receive(sent.pending, &env).await?);
    }
    eprintln!("Then paste the address at which you end up, and press Enter:");
    let line = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map(|_| line)
    });
    let line = line.await??;
    Ok(sent.pending.accept(line.trim(), env.now())?)
}
