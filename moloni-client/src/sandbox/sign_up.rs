//! What people without a login do.

use serde_json::json;

use super::route::{Ask, Reply};
use super::row::{row, text};
use super::validate::Check;
use super::world::World;

const LIST: &str = "signUps";

/// Whether somebody who signed up has `value` for `field`.
pub(super) fn is_taken(world: &World, field: &str, value: &str) -> bool {
    world.settings(LIST).iter().any(|account| text(account, field) == value)
}

/// Makes an account. Nobody can log in to it here.
pub(super) fn sign_up(world: &mut World, ask: &Ask<'_>) -> Reply {
    let params = ask.params;
    let (email, slug) = (params.text("email"), params.text("slug"));
    let mut check = Check::new(params);
    check.text("name");
    if check.text("email") {
        check.email("email");
    }
    if text(&world.user, "email") == email || is_taken(world, "email", &email) {
        check.issues.add("4", "email", "must be unique");
    }
    check.text("password");
    check.id("language_id");
    check.text("company");
    if check.text("vat") && params.id("country_id") == 1 {
        check.nif("vat");
    }
    if check.text("slug") && !super::companies::is_free(world, &slug) {
        check.issues.add("4", "slug", "must be unique");
    }
    check.id("country_id");
    if !check.issues.is_empty() {
        return Reply::Invalid(check.issues);
    }
    let (user, company) = (world.next_id(), world.next_id());
    world
        .rows_mut(LIST)
        .push(row(json!({ "user_id": user, "company_id": company, "email": email, "slug": slug })));
    Reply::Stored(json!({ "valid": 1, "user_id": user, "company_id": company }))
}

/// Sends nothing, and tells nobody who has a login.
pub(super) fn recover_password(_: &mut World, ask: &Ask<'_>) -> Reply {
    let mut check = Check::new(ask.params);
    if check.text("email") {
        check.email("email");
    }
    if check.issues.is_empty() { Reply::Stored(json!({ "valid": 1 })) } else { Reply::Invalid(check.issues) }
}
