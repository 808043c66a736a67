use serde_json::{Value, json};

use super::route::{Ask, Reply};
use super::row::{Row, id, list, row};
use super::sign_up;
use super::validate::Check;
use super::world::{DEMONSTRATION, World};

/// A company as `companies/getAll` lists it.
pub(super) fn company(id: u64, name: &str, vat: &str) -> Row {
    row(json!({
        "company_id": id, "name": name, "email": "geral@example.com", "vat": vat, "address": "Rua das Flores 1",
        "city": "Porto", "zip_code": "4050-262", "country_id": 1, "image": "", "confirmed": 1, "currency_id": 1,
        "gdpr_acceptance": 1,
        "country": { "iso_3166_1": "pt", "country_id": 1, "name": "Portugal" },
        "currency": { "currency_id": 1, "symbol": "€", "symbol_right": 1 },
    }))
}

/// The user whose tokens these are.
pub(super) fn user(id: u64, email: &str) -> Row {
    row(json!({
        "user_id": id, "user_group_id": 1, "salesman_id": 0, "name": "Utilizador", "email": email,
        "cellphone": "", "language_id": 1, "registered_since": "2026-01-02T09:00:00+0000",
        "last_login": "2026-01-02T09:00:00+0000",
        "language": { "language_id": 1, "code": "PT", "title": "Português" },
    }))
}

fn both(world: &World) -> [Row; 2] {
    [world.company.clone(), company(DEMONSTRATION, "Empresa de demonstração", "999999990")]
}

pub(super) fn get_all(world: &mut World, _: &Ask<'_>) -> Reply {
    Reply::Read(list(both(world)))
}

pub(super) fn get_one(world: &mut World, ask: &Ask<'_>) -> Reply {
    let mut check = Check::new(ask.params);
    check.id("company_id");
    if !check.issues.is_empty() {
        return Reply::Invalid(check.issues);
    }
    let wanted = ask.params.id("company_id");
    let Some(found) = both(world).into_iter().find(|c| id(c, "company_id") == wanted) else {
        return Reply::Refused;
    };
    let mut detailed = row(json!({
        "slug": slug(wanted), "fax": "", "website": "", "phone": "", "capital": "5000.00",
        "commercial_registration_number": "", "registry_office": "", "timezone_id": 1, "fiscal_country_id": 1,
        "decimal_places": 2, "calc_method_id": 2, "maturity_date_id": 0, "payment_method_id": 0,
        "delivery_method_id": 0, "cash_vat_scheme_indicator": 0, "wsat_auto_transmit": 0,
        "bank_accounts": [], "eac_codes": [], "copies": [], "document_sets_defaults": [],
    }));
    detailed.extend(found);
    Reply::Read(Value::Object(detailed))
}

pub(super) fn get_me(world: &mut World, _: &Ask<'_>) -> Reply {
    Reply::Read(Value::Object(world.user.clone()))
}

/// The users of the company: those that were recorded, or the one whose tokens these are.
pub(super) fn get_users(world: &mut World, ask: &Ask<'_>) -> Reply {
    let recorded = world.recorded(ask.entity, "getAll").cloned();
    Reply::Read(recorded.unwrap_or_else(|| list([world.user.clone()])))
}

/// Changes the user. What they log in with stays as it is here.
pub(super) fn update_me(world: &mut World, ask: &Ask<'_>) -> Reply {
    let mut check = Check::new(ask.params);
    check.text("name");
    if check.text("email") {
        check.email("email");
    }
    check.phone("cellphone");
    check.id("language_id");
    if !check.issues.is_empty() {
        return Reply::Invalid(check.issues);
    }
    for key in ["name", "email", "cellphone"] {
        world.user.insert(key.to_owned(), ask.params.text(key).into());
    }
    let language = ask.params.id("language_id");
    world.user.insert("language_id".to_owned(), language.into());
    match world.excerpt("languages", "language_id", language, &["language_id", "code", "title"]) {
        Some(nested) => world.user.insert("language".to_owned(), nested),
        None => world.user.remove("language"),
    };
    Reply::Stored(json!({ "valid": 1, "user_id": id(&world.user, "user_id") }))
}

/// Whether no company has a slug: `valid` is the answer, not the outcome.
pub(super) fn free_slug(world: &mut World, ask: &Ask<'_>) -> Reply {
    let mut check = Check::new(ask.params);
    check.text("slug");
    if !check.issues.is_empty() {
        return Reply::Invalid(check.issues);
    }
    Reply::Read(json!({ "valid": u8::from(is_free(world, &ask.params.text("slug"))) }))
}

pub(super) fn is_free(world: &World, wanted: &str) -> bool {
    let own = both(world).iter().any(|company| slug(id(company, "company_id")) == wanted);
    !own && !sign_up::is_taken(world, "slug", wanted)
}

fn slug(company: u64) -> String {
    format!("empresa{company}")
}
