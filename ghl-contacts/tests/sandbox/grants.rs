//! The page, the codes that it gives, and the tokens that they buy.

use ghl_contacts::sandbox::{Credentials, Sandbox};
use url::form_urlencoded::Serializer;

use crate::ask::{Ask, form, get};

/// Where the app wants the person back. It has a query of its own, which must survive.
pub(crate) const CALLBACK: &str = "https://app.example.pt/callback?tenant=7";

/// Opens the page at `path` for all that is needed, but for these changes. An empty value leaves one out.
pub(crate) fn page_at(path: &str, c: &Credentials, changes: &[(&str, &str)]) -> Ask {
    let mut fields = vec![
        ("response_type", "code"),
        ("client_id", c.client_id.as_str()),
        ("redirect_uri", CALLBACK),
        ("scope", "contacts.readonly"),
    ];
    fields.retain(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    fields.extend(changes.iter().filter(|(_, value)| !value.is_empty()));
    let query = Serializer::new(String::new()).extend_pairs(fields).finish();
    get(format!("{path}?{query}")).no_token().version(None)
}

pub(crate) fn page(c: &Credentials, changes: &[(&str, &str)]) -> Ask {
    page_at("/v2/oauth/chooselocation", c, changes)
}

/// A code with these scopes.
pub(crate) async fn code(sandbox: &Sandbox, scope: &str, changes: &[(&str, &str)]) -> String {
    let mut all = vec![("scope", scope)];
    all.extend(changes);
    page(sandbox.credentials(), &all).id(sandbox, "/code").await
}

/// Any request to the token endpoint in the app's name.
pub(crate) fn grant(c: &Credentials, more: &[(&str, &str)]) -> Ask {
    let mut fields = vec![("client_id", c.client_id.as_str()), ("client_secret", c.client_secret.as_str())];
    fields.extend(more);
    form("/oauth/token", &fields).no_token().version(None)
}

/// Exchanges a code of the page.
pub(crate) fn exchange(c: &Credentials, code: &str, user_type: &str) -> Ask {
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("user_type", user_type),
    ];
    grant(c, &fields)
}

pub(crate) fn refresh(c: &Credentials, token: &str) -> Ask {
    grant(c, &[("grant_type", "refresh_token"), ("refresh_token", token)])
}

/// An access token with these scopes.
pub(crate) async fn token(sandbox: &Sandbox, scope: &str, user_type: &str) -> String {
    let code = code(sandbox, scope, &[]).await;
    exchange(sandbox.credentials(), &code, user_type).id(sandbox, "/access_token").await
}
