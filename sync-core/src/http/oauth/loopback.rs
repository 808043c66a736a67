use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use secrecy::SecretString;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use url::{Host, Url};

use super::{CallbackError, Pending};
use crate::Env;
use crate::http::{Bytes, HeaderMap, header};

/// Receives one callback on this machine, for command-line tools.
///
/// Any page in any browser of the machine can send a request here, with a code of a stranger's account in it. Where the
/// service sends the `state` back, such a code is turned away. Where it does not, as Moloni, this receiver turns away
/// what is not the redirect's host and port, and what the browser says is no page of its own that a person went to
/// (`Sec-Fetch-Mode`, `Sec-Fetch-Dest`). A page that sends the whole window here passes all the same. So only a
/// `connect` that knows which company it is for, and refuses tokens of any other, is certain there.
///
/// The redirect address that is registered with the service must be one of this machine, such as
/// `http://127.0.0.1:8765/callback`. Some services take only `https` there, as HighLevel's documentation says of
/// itself: then let the person copy the address they end up at, and give that to [`Pending::accept`].
///
/// ```no_run
/// use sync_core::http::oauth::{Loopback, OAuthApp};
/// use sync_core::{Env, SystemEnv};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let app = OAuthApp::new("id", "secret").redirect("http://127.0.0.1:8765/callback".parse()?);
/// let env = SystemEnv::new();
/// let receiver = Loopback::bind(&app).await?;
/// let sent = app.authorize(&"https://books.example.com/authorize".parse()?, &[], false, env.now())?;
/// println!("Open {}", sent.url);
/// let code = receiver.receive(sent.pending, &env).await?;
/// # let _ = code;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Loopback {
    listener: TcpListener,
    /// The redirect address, with the port that is listened on.
    redirect: Url,
}

/// Why no code was received.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoopbackError {
    /// The application's redirect address is missing, or is not `http` on this machine.
    #[error("the redirect address must be of this machine, such as http://127.0.0.1:8765/callback")]
    NotHere,
    /// The port cannot be listened on.
    #[error(
        "port {port} of this machine cannot be listened on, perhaps because another program does: {error}"
    )]
    #[non_exhaustive]
    Port {
        /// The port.
        port: u16,
        /// Why.
        error: io::Error,
    },
    /// The callback gave no code.
    #[error(transparent)]
    Callback(#[from] CallbackError),
}

const DONE: &str = "Access is granted. You can close this window and go back to the program.";
const REFUSED: &str = "Access was refused. You can close this window; the program says more.";
const STRANGER: &str = "This is not the answer that the program waits for. Begin again from the program.";

impl Loopback {
    /// Listens at the redirect address of `app`.
    ///
    /// # Errors
    ///
    /// [`LoopbackError::NotHere`] or [`LoopbackError::Port`].
    pub async fn bind(app: &super::OAuthApp) -> Result<Self, LoopbackError> {
        let redirect =
            app.redirect_url().filter(|url| url.scheme() == "http").ok_or(LoopbackError::NotHere)?;
        let address = loopback_of(redirect).ok_or(LoopbackError::NotHere)?;
        let taken = |error| LoopbackError::Port { port: address.port(), error };
        let listener = TcpListener::bind(address).await.map_err(taken)?;
        let mut redirect = redirect.clone();
        let port = listener.local_addr().map_err(taken)?.port();
        redirect.set_port(Some(port)).map_err(|()| LoopbackError::NotHere)?;
        Ok(Self { listener, redirect })
    }

    /// Waits for the callback that `pending` is about, and shows the person a page that says how it went.
    ///
    /// Callbacks that belong to something else, and those that no person's browser was sent here with, are turned away,
    /// and waiting goes on.
    ///
    /// # Errors
    ///
    /// [`LoopbackError::Callback`]: the person refused, or 15 minutes went by.
    pub async fn receive(self, pending: Pending, env: &dyn Env) -> Result<SecretString, LoopbackError> {
        let Self { listener, redirect } = self;
        let left = pending.left(env.now());
        let asked = Arc::new(Asked { redirect, pending, began: env.now() });
        let answer = async {
            let mut connections = JoinSet::new();
            loop {
                // Browsers open connections ahead of time and leave them idle: none may keep the others waiting.
                tokio::select! {
                    Ok((stream, _)) = listener.accept() => {
                        connections.spawn(serve(stream, asked.clone()));
                    }
                    Some(Ok(Some(result))) = connections.join_next() => return result,
                }
            }
        };
        tokio::select! {
            result = answer => Ok(result?),
            () = env.sleep(left) => Err(CallbackError::Late.into()),
        }
    }
}

fn loopback_of(url: &Url) -> Option<SocketAddr> {
    let ip: IpAddr = match url.host()? {
        Host::Ipv4(ip) => ip.into(),
        Host::Ipv6(ip) => ip.into(),
        Host::Domain("localhost") => Ipv4Addr::LOCALHOST.into(),
        Host::Domain(_) => return None,
    };
    let here = ip == IpAddr::from(Ipv6Addr::LOCALHOST) || matches!(ip, IpAddr::V4(ip) if ip.is_loopback());
    here.then_some(SocketAddr::new(ip, url.port_or_known_default()?))
}

#[derive(Debug)]
struct Asked {
    redirect: Url,
    pending: Pending,
    /// When waiting began. A callback that arrives at all arrives in time, because waiting ends by itself.
    began: Timestamp,
}

type Received = Result<SecretString, CallbackError>;

/// Answers one connection's request. What it received comes back when the page is sent.
async fn serve(stream: TcpStream, asked: Arc<Asked>) -> Option<Received> {
    let (sender, mut receiver) = mpsc::channel(1);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let (asked, sender) = (asked.clone(), sender.clone());
        async move {
            let (status, page, result) = asked.judge(&request);
            if let Some(result) = result {
                // A second one on the same connection changes nothing.
                drop(sender.try_send(result));
            }
            Ok::<_, Infallible>(answer(status, page))
        }
    });
    let mut http = hyper::server::conn::http1::Builder::new();
    let connection = http.keep_alive(false).serve_connection(TokioIo::new(stream), service);
    // A browser that hangs up early has nothing to do with what it sent.
    drop(connection.await);
    receiver.try_recv().ok()
}

impl Asked {
    fn judge(&self, request: &hyper::Request<Incoming>) -> (u16, &'static str, Option<Received>) {
        if request.uri().path() != self.redirect.path() || request.method() != hyper::Method::GET {
            return (404, STRANGER, None);
        }
        if !self.is_meant(request.headers()) || !is_navigation(request.headers()) {
            return (400, STRANGER, None);
        }
        match self.pending.check(request.uri().query().unwrap_or_default(), self.began) {
            Err(CallbackError::OtherState | CallbackError::NoCode) => (400, STRANGER, None),
            Err(error) => (200, REFUSED, Some(Err(error))),
            Ok(code) => (200, DONE, Some(Ok(code))),
        }
    }
}

impl Asked {
    /// Whether the browser was sent to the redirect address, and not to another name of this machine.
    fn is_meant(&self, headers: &HeaderMap) -> bool {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let meant = host.and_then(|host| Url::parse(&format!("http://{host}/")).ok());
        meant.is_some_and(|meant| {
            meant.host() == self.redirect.host()
                && meant.port_or_known_default() == self.redirect.port_or_known_default()
        })
    }
}

/// Whether a browser goes to a page of its own, as far as it says: not from a script, for an image or into a frame.
fn is_navigation(headers: &HeaderMap) -> bool {
    [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")]
        .iter()
        .all(|(name, expected)| headers.get_all(*name).iter().all(|value| value == expected))
}

fn answer(status: u16, text: &str) -> hyper::Response<Full<Bytes>> {
    let page = format!("<!doctype html><meta charset=utf-8><title>Authorisation</title><p>{text}</p>\n");
    let mut response = hyper::Response::new(Full::from(page));
    *response.status_mut() = hyper::StatusCode::from_u16(status).unwrap_or_default();
    let html = hyper::header::HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(hyper::header::CONTENT_TYPE, html);
    response
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::http::oauth::OAuthApp;
    use crate::{ManualEnv, SystemEnv};

    fn app(redirect: &str) -> OAuthApp {
        crate::trace::on();
        OAuthApp::new("id", "s3cr3t-client").redirect(redirect.parse().unwrap())
    }

    fn pending(now: Timestamp) -> Pending {
        Pending::new("s3cr3t-state".into(), true, now)
    }

    /// A receiver on a free port, and its address.
    async fn bind() -> (Loopback, SocketAddr) {
        let receiver = Loopback::bind(&app("http://127.0.0.1:0/callback")).await.unwrap();
        let address = receiver.listener.local_addr().unwrap();
        (receiver, address)
    }

    async fn get(address: SocketAddr, target: &str) -> String {
        get_with(address, target, &format!("host: {address}\r\n")).await
    }

    async fn get_with(address: SocketAddr, target: &str, headers: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(format!("GET {target} HTTP/1.1\r\n{headers}\r\n").as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn strangers_are_turned_away_and_the_right_callback_gets_through() {
        let (receiver, address) = bind().await;
        let env = SystemEnv::new();
        let idle = TcpStream::connect(address).await.unwrap();
        let asking = async {
            assert!(get(address, "/favicon.ico").await.starts_with("HTTP/1.1 404"));
            assert!(get(address, "/callback?code=s3cr3t-b&state=other").await.starts_with("HTTP/1.1 400"));
            assert!(get(address, "/callback").await.starts_with("HTTP/1.1 400"));
            get(address, "/callback?code=s3cr3t-code&state=s3cr3t-state").await
        };
        let (code, page) = tokio::join!(receiver.receive(pending(env.now()), &env), asking);
        assert_eq!(code.unwrap().expose_secret(), "s3cr3t-code");
        assert!(page.starts_with("HTTP/1.1 200") && page.contains(DONE), "{page}");
        drop(idle);
    }

    #[tokio::test]
    async fn what_no_person_s_browser_was_sent_here_with_is_turned_away_and_waiting_goes_on() {
        let (receiver, address) = bind().await;
        let env = SystemEnv::new();
        let host = format!("host: {address}\r\n");
        let strangers = [
            String::new(),
            "host: x\r\n".to_owned(),
            "host: 127.0.0.1\r\n".to_owned(),
            format!("host: localhost:{}\r\n", address.port()),
            format!("host: evil.example:{}\r\n", address.port()),
            format!("{host}sec-fetch-mode: no-cors\r\nsec-fetch-dest: image\r\n"),
            format!("{host}sec-fetch-mode: cors\r\n"),
            format!("{host}sec-fetch-mode: navigate\r\nsec-fetch-dest: iframe\r\n"),
            format!("{host}sec-fetch-dest: empty\r\n"),
        ];
        let asking = async {
            for headers in &strangers {
                let page = get_with(address, "/callback?code=s3cr3t-stranger", headers).await;
                assert!(page.starts_with("HTTP/1.1 400"), "{headers}: {page}");
                let page = get_with(address, "/callback?error=access_denied", headers).await;
                assert!(page.starts_with("HTTP/1.1 400"), "{headers}: {page}");
            }
            let headers = format!("{host}sec-fetch-mode: navigate\r\nsec-fetch-dest: document\r\n");
            get_with(address, "/callback?code=s3cr3t-code", &headers).await
        };
        // A service that sends no state back.
        let pending = Pending::new("s3cr3t-state".into(), false, env.now());
        let (code, page) = tokio::join!(receiver.receive(pending, &env), asking);
        assert_eq!(code.unwrap().expose_secret(), "s3cr3t-code");
        assert!(page.contains(DONE), "{page}");
    }

    #[tokio::test]
    async fn a_refusal_ends_the_wait_with_the_service_s_words() {
        let (receiver, address) = bind().await;
        let env = SystemEnv::new();
        let target = "/callback?error=access_denied&error_description=no&state=s3cr3t-state";
        let (code, page) = tokio::join!(receiver.receive(pending(env.now()), &env), get(address, target));
        assert_eq!(code.unwrap_err().to_string(), "access was refused: access_denied: no");
        assert!(page.contains(REFUSED), "{page}");
    }

    #[tokio::test]
    async fn a_person_who_never_comes_back_ends_the_wait() {
        let (receiver, _) = bind().await;
        let env = ManualEnv::new(1);
        let error = receiver.receive(pending(env.now()), &env).await.unwrap_err();
        assert!(matches!(error, LoopbackError::Callback(CallbackError::Late)), "{error}");
        assert_eq!(env.sleeps(), [std::time::Duration::from_secs(900)]);
    }

    #[tokio::test]
    async fn only_addresses_of_this_machine_are_listened_on() {
        for other in
            ["https://127.0.0.1/", "http://example.com/", "http://10.0.0.1:80/", "http://0.0.0.0:80/"]
        {
            let error = Loopback::bind(&app(other)).await.unwrap_err();
            assert!(matches!(error, LoopbackError::NotHere), "{other}: {error}");
        }
        assert!(Loopback::bind(&OAuthApp::new("id", "s3cr3t")).await.is_err());
        let (_receiver, taken) = bind().await;
        let error = Loopback::bind(&app(&format!("http://localhost:{}/", taken.port()))).await.unwrap_err();
        assert!(matches!(error, LoopbackError::Port { port, .. } if port == taken.port()), "{error}");
    }
}
