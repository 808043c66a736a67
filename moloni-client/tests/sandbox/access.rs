//! The page that asks a person for access, and the grants.

use serde_json::{Value, json};

use crate::behaviours::Stage;
use crate::table::{Body, Row, Tells, at, error, table};
use crate::wire::{Ask, authorize, by_code, login, refresh};

pub(crate) fn grants(stage: &Stage) -> Vec<Row> {
    let s = &stage.sandbox;
    let pair = || at("/expires_in", 3600);
    let log_in = || login(s, &s.credentials().password);
    let mut body = Ask::new("v1/grant/", &[]);
    body.json = Some(log_in().query.into_iter().map(|(k, v)| (k, json!(v))).collect());
    let mut form = Ask::new("sandbox/grant", &[]);
    form.form = log_in().query;
    table![
        "§ 2.1" "a code is exchanged by GET"
            [by_code(s)] => pair();
        "§ 2.1" "a password is exchanged by GET"
            [log_in()] => pair();
        "§ 2.1" "a refresh token is exchanged by GET"
            [refresh(s, &s.credentials().refresh_token)] => pair();
        "§ 2.1" "POST takes a JSON body"
            [body] => pair();
        "§ 2.1" "POST takes a form"
            [form] => pair();
        "§ 2.2" "the scope is null"
            [by_code(s)] => at("/scope", Value::Null);
        "§ 2.3" "a code works once"
            [by_code(s), by_code(s)]
            => error("invalid_grant", "Authorization code doesn't exist or is invalid for the client");
        "§ 2.3" "a redirect address is mandatory"
            [by_code(s).without("redirect_uri")]
            => error("redirect_uri_mismatch", "The redirect URI is mandatory and was not supplied");
        "§ 2.3" "a code is mandatory"
            [by_code(s).without("code")] => error("invalid_request", "Missing parameter: \"code\" is required");
        "§ 2.3" "a client id is mandatory"
            [by_code(s).without("client_id")] => error("invalid_client", "No client id supplied");
        "§ 2.3" "the secret must match"
            [by_code(s).with("client_secret", "s3cr3t-other")]
            => error("invalid_client", "The client credentials are invalid");
        "§ 2.3" "the grant type is mandatory"
            [by_code(s).without("grant_type")]
            => error("invalid_request", "The grant type was not specified in the request");
        "§ 2.3" "other grant types are not supported"
            [by_code(s).with("grant_type", "implicit")]
            => error("unsupported_grant_type", "Grant type \"implicit\" not supported");
        "§ 2.3" "both halves of a login are mandatory"
            [login(s, "")]
            => error("invalid_request", "Missing parameters: \"username\" and \"password\" required");
        "§ 2.3" "an unknown refresh token is invalid"
            [refresh(s, "s3cr3t-unknown")] => error("invalid_grant", "Invalid refresh token");
    ]
}

pub(crate) fn pages(stage: &Stage) -> Vec<Row> {
    let s = &stage.sandbox;
    let page = || authorize(s);
    let sent = || Tells(302, Body::To("https://app.example.com/moloni", &["code"]));
    let moved = |names: &'static [&'static str]| Tells(302, Body::To("/ac/root/oauth/", names));
    let not_found = || Tells(404, Body::Text("<html>"));
    let mismatch = "The redirect URI provided is missing or does not match";
    let unlike = "The redirect URI is missing or do not match";
    let bought = || by_code(s).with("code", &stage.code);
    table![
        "§ 2.1" "the page sends back with a code"
            [page()] => sent();
        "§ 2.1" "the last slash of the page is not needed"
            [page().at("ac/root/oauth")] => sent();
        "§ 2.1" "the state does not come back"
            [page().with("state", "s3cr3t-state")] => sent();
        "§ 2.1" "an address keeps its own query"
            [page().with("redirect_uri", "https://app.example.com/moloni?tenant=7")]
            => Tells(302, Body::To("https://app.example.com/moloni", &["tenant", "code"]));
        "§ 2.1" "the old address leads to the new one with the same parameters"
            [page().at("v1/authorize/").with("state", "x")]
            => moved(&["response_type", "client_id", "redirect_uri", "state"]);
        "§ 1" "the sandbox's old address does, too"
            [page().at("sandbox/authorize")] => moved(&["response_type", "client_id", "redirect_uri"]);
        "§ 2.1" "the old address checks nothing itself"
            [page().at("v1/authorize/").without("client_id")] => moved(&["response_type", "redirect_uri"]);
        "sandbox" "the person refuses"
            [page().with("deny", "1").with("state", "x")]
            => Tells(302, Body::To("https://app.example.com/moloni", &["error", "error_description"]));
        "sandbox" "and the refusal has its name"
            [page().with("deny", "1")] => Tells(302, Body::Text("?error=access_denied&"));
        "§ 2.3" "the page needs a client id"
            [page().without("client_id")] => error("invalid_client", "No client id supplied");
        "§ 2.3" "the page knows its clients"
            [page().with("client_id", "x")] => error("invalid_client", "The client id supplied is invalid");
        "§ 2.3" "the page needs an address"
            [page().without("redirect_uri")] => error("invalid_uri", "No redirect URI was supplied or stored");
        "§ 2.3" "an address has no fragment"
            [page().with("redirect_uri", "https://app.example.com/moloni#x")]
            => error("invalid_uri", "The redirect URI must not contain a fragment");
        "§ 2.3" "an address is one that a browser goes to"
            [page().with("redirect_uri", "javascript:alert(1)")] => error("redirect_uri_mismatch", mismatch);
        "§ 2.3" "an address is a whole one"
            [page().with("redirect_uri", "/moloni")] => error("redirect_uri_mismatch", mismatch);
        "§ 2.3" "the response type is mandatory"
            [page().without("response_type")] => error("invalid_request", "Invalid or missing response type");
        "§ 2.3" "the response type is code"
            [page().with("response_type", "token")]
            => error("invalid_request", "Invalid or missing response type");
        "§ 2.3" "even a refusal goes to no unknown address"
            [page().with("deny", "1").with("redirect_uri", "/moloni")] => error("redirect_uri_mismatch", mismatch);
        "§ 2.1" "the page takes no POST"
            [Ask { method: reqwest::Method::POST, ..page() }] => not_found();
        "§ 2.1" "nor does the old address"
            [Ask { method: reqwest::Method::POST, ..page().at("v1/authorize/") }] => not_found();
        "§ 2.1" "a code of the page is exchanged"
            [bought()] => at("/expires_in", 3600);
        "§ 2.3" "a code of the page works once"
            [bought(), bought()]
            => error("invalid_grant", "Authorization code doesn't exist or is invalid for the client");
        "§ 2.3" "a code goes with the address of its page"
            [bought().with("redirect_uri", "https://app.example.com/other")]
            => error("redirect_uri_mismatch", unlike);
        "§ 2.3" "a refused exchange does not use the code up"
            [bought().with("redirect_uri", "https://app.example.com/other"), bought()] => at("/expires_in", 3600);
        "§ 2.3" "the first code was given for no address"
            [by_code(s).with("redirect_uri", "https://app.example.com/other")] => at("/expires_in", 3600);
    ]
}
