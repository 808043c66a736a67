//! Lists whose rows are what is written and nothing else: what each field must be is all there is to say of them.

use serde_json::{Value, json};

use super::params::Params;
use super::route::{Ask, Handle, Reply};
use super::row::{Row, id, list, row, text};
use super::search::{Search, matching};
use super::settings;
use super::upkeep::Form;
use super::validate::Check;
use super::world::World;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Text,
    /// A text that no other row of the list has.
    Unique,
    Email,
    Url,
    Phone,
    /// `NNNN-NNN` in Portugal.
    PostalCode,
    /// With a check digit in Portugal.
    Vat,
    Amount,
    /// 0 to 100.
    Percent,
    Whole,
    Flag,
    Id,
}

/// A field: its name, what it holds, and whether it must be there.
pub(super) type Field = (&'static str, Kind, bool);

const fn needs(name: &'static str, kind: Kind) -> Field {
    (name, kind, true)
}

const fn takes(name: &'static str, kind: Kind) -> Field {
    (name, kind, false)
}

/// A list of such rows.
pub(super) const fn plain(entity: &'static str, key: &'static str, fields: &'static [Field]) -> Form {
    Form { entity, key, fields, check: |_, _, _| {}, write: |_, _, _, _| {} }
}

use Kind::{Amount, Email, Flag, Id, Percent, Phone, PostalCode, Text, Unique, Url, Vat, Whole};

/// Every list of such rows.
pub(super) const FORMS: &[Form] = &[
    plain(
        "bankAccounts",
        "bank_account_id",
        &[needs("ordination", Whole), needs("name", Text), needs("value", Text)],
    ),
    plain("deductions", "deduction_id", &[needs("name", Text), needs("value", Percent)]),
    plain("deliveryMethods", "delivery_method_id", &[needs("name", Text)]),
    plain(
        "economicActivityClassificationCodes",
        "eac_id",
        &[needs("code", Text), needs("description", Text)],
    ),
    plain(
        "identificationTemplates",
        "template_id",
        &[
            needs("name", Text),
            needs("business_name", Text),
            needs("email", Email),
            needs("address", Text),
            needs("city", Text),
            needs("zip_code", PostalCode),
            needs("country_id", Id),
            needs("email_sender_name", Text),
            needs("email_sender_address", Email),
            takes("phone", Phone),
            takes("fax", Phone),
            takes("website", Url),
            takes("notes", Text),
            takes("documents_footnote", Text),
        ],
    ),
    plain(
        "maturityDates",
        "maturity_date_id",
        &[needs("name", Text), needs("days", Whole), needs("associated_discount", Percent)],
    ),
    plain("measurementUnits", "unit_id", &[needs("name", Text), needs("short_name", Text)]),
    Form {
        write: |_, fields, _, _| {
            fields.entry("is_tpa").or_insert(0.into());
        },
        ..plain(
            "paymentMethods",
            "payment_method_id",
            &[
                needs("name", Text),
                takes("is_numerary", Flag),
                takes("is_mb", Flag),
                takes("is_credit", Flag),
            ],
        )
    },
    plain("priceClasses", "price_class_id", &[needs("title", Text)]),
    Form {
        write: |_, fields, _, _| {
            fields.entry("image").or_insert("".into());
        },
        ..plain(
            "productCategories",
            "category_id",
            &[
                needs("parent_id", Whole),
                needs("name", Text),
                takes("description", Text),
                takes("pos_enabled", Flag),
            ],
        )
    },
    plain("productProperties", "property_id", &[needs("title", Text)]),
    plain(
        "salesmen",
        "salesman_id",
        &[
            needs("number", Unique),
            needs("name", Text),
            needs("vat", Vat),
            needs("base_commission", Percent),
            needs("qty_copies_document", Whole),
            takes("address", Text),
            needs("city", Text),
            takes("zip_code", PostalCode),
            needs("country_id", Id),
            needs("language_id", Id),
            takes("email", Email),
            takes("website", Url),
            takes("phone", Phone),
            takes("fax", Phone),
            takes("notes", Text),
        ],
    ),
    plain(
        "suppliers",
        "supplier_id",
        &[
            needs("number", Unique),
            needs("name", Text),
            needs("vat", Vat),
            needs("address", Text),
            needs("city", Text),
            takes("zip_code", PostalCode),
            needs("country_id", Id),
            needs("language_id", Id),
            takes("email", Email),
            takes("website", Url),
            takes("phone", Phone),
            takes("fax", Phone),
            takes("contact_name", Text),
            takes("contact_email", Email),
            takes("contact_phone", Phone),
            takes("notes", Text),
            needs("discount", Percent),
            needs("credit_limit", Amount),
            needs("qty_copies_document", Whole),
            needs("maturity_date_id", Whole),
            needs("payment_method_id", Whole),
            takes("delivery_method_id", Id),
        ],
    ),
    plain("vehicles", "vehicle_id", &[needs("description", Text), needs("number_plate", Text)]),
    Form {
        write: |world, fields, _, _| {
            let (country, shown) = (id(fields, "country_id"), ["iso_3166_1", "country_id", "name"]);
            fields.extend(row(json!({
                "company_id": world.company_id(), "visibility_id": 1,
                "country": world.excerpt("countries", "country_id", country, &shown),
            })));
        },
        ..plain(
            "warehouses",
            "warehouse_id",
            &[
                needs("title", Text),
                needs("code", Text),
                needs("address", Text),
                needs("city", Text),
                needs("zip_code", PostalCode),
                needs("country_id", Id),
                takes("is_default", Flag),
                takes("phone", Phone),
                takes("fax", Phone),
                takes("contact_name", Text),
                takes("contact_email", Email),
            ],
        )
    },
];

/// Checks the fields of a form; `updated` is the id of the row to replace.
pub(super) fn check(world: &World, check: &mut Check<'_>, form: &Form, updated: Option<u64>) {
    let in_portugal = check.params.id("country_id") == 1;
    for (name, kind, needed) in form.fields.iter().copied() {
        let there = check.params.has(name);
        let wanted = needed || there;
        match kind {
            Amount | Percent if wanted => check.amount(name, (kind == Percent).then_some(100)),
            Whole if wanted => check.id_or_none(name),
            Id if needed => check.id(name),
            Id if there => check.id_or_none(name),
            Amount | Percent | Whole | Id | Flag => {}
            _ if needed && !check.text(name) => {}
            Unique => {
                let value = check.params.text(name);
                let others = world.settings(form.entity).iter().filter(|r| Some(id(r, form.key)) != updated);
                if others.into_iter().any(|r| text(r, name) == value) {
                    check.issues.add("4", name, "must be unique");
                }
            }
            Email => check.email(name),
            Url => check.url(name),
            Phone => check.phone(name),
            PostalCode if in_portugal => check.postal_code(name),
            Vat if in_portugal => check.nif(name),
            Text | PostalCode | Vat => {}
        }
    }
}

/// Replaces the fields of a form.
pub(super) fn write(fields: &mut Row, form: &Form, params: &Params) {
    for (name, kind, _) in form.fields {
        let value = match kind {
            Amount | Percent | Whole | Id => params.wire(name),
            Flag => u8::from(params.flag(name)).into(),
            _ => params.text(name).into(),
        };
        fields.insert((*name).to_owned(), value);
    }
}

/// What `suppliers` and `salesmen` have beside what every list has.
pub(super) const METHODS: &[(&str, Handle)] = &[
    ("getAll", |w, ask| page(ask, all(w, ask))),
    ("count", |w, ask| Reply::count(w.settings(ask.entity).len())),
    ("getOne", get_one),
    ("getBySearch", |w, ask| found(w, ask, SEARCH)),
    ("countBySearch", |w, ask| counted(w, ask, SEARCH)),
    ("getByVat", |w, ask| found(w, ask, ("vat", &["vat"]))),
    ("countByVat", |w, ask| counted(w, ask, ("vat", &["vat"]))),
    ("getByNumber", |w, ask| found(w, ask, ("number", &["number"]))),
    ("countByNumber", |w, ask| counted(w, ask, ("number", &["number"]))),
    ("getByName", |w, ask| found(w, ask, ("name", &["name"]))),
    ("countByName", |w, ask| counted(w, ask, ("name", &["name"]))),
    // Of salesmen only.
    ("getByEmail", |w, ask| found(w, ask, ("email", &["email"]))),
    ("countByEmail", |w, ask| counted(w, ask, ("email", &["email"]))),
];

const SEARCH: Search = ("search", &["number", "vat", "name"]);

fn all(world: &World, ask: &Ask<'_>) -> Vec<Row> {
    world.settings(ask.entity).iter().rev().cloned().collect()
}

fn page(ask: &Ask<'_>, rows: Vec<Row>) -> Reply {
    Reply::Read(list(ask.params.page(rows)))
}

fn found(world: &mut World, ask: &Ask<'_>, search: Search) -> Reply {
    matching(all(world, ask), ask.params, search).map_or_else(Reply::Invalid, |rows| page(ask, rows))
}

fn counted(world: &mut World, ask: &Ask<'_>, search: Search) -> Reply {
    let rows = matching(all(world, ask), ask.params, search);
    rows.map_or_else(Reply::Invalid, |rows| Reply::count(rows.len()))
}

/// `{entity}/getOne` of any list.
pub(super) fn get_one(world: &mut World, ask: &Ask<'_>) -> Reply {
    let key = settings::find(ask.entity).map_or("", |setting| setting.key);
    let mut check = Check::new(ask.params);
    check.id(key);
    if !check.issues.is_empty() {
        return Reply::Invalid(check.issues);
    }
    let found = world.settings(ask.entity).iter().find(|r| id(r, key) == ask.params.id(key));
    Reply::Read(found.map_or_else(|| json!([]), |r| Value::Object(r.clone())))
}

/// `vehicles/getBySearch`.
pub(super) fn search_vehicles(world: &mut World, ask: &Ask<'_>) -> Reply {
    found(world, ask, ("search", &["description", "number_plate"]))
}

/// `fiscalZones/getAll`: those of a country.
pub(super) fn fiscal_zones(world: &mut World, ask: &Ask<'_>) -> Reply {
    let mut check = Check::new(ask.params);
    check.id("country_id");
    if !check.issues.is_empty() {
        return Reply::Invalid(check.issues);
    }
    let wanted = ask.params.id("country_id");
    let country = world.settings("countries").iter().find(|c| id(c, "country_id") == wanted);
    Reply::Read(country.and_then(|c| c.get("fiscal_zones")).cloned().unwrap_or_else(|| json!([])))
}

/// `subscription/getOne`.
pub(super) fn subscription(world: &mut World, _: &Ask<'_>) -> Reply {
    Reply::Read(json!({
        "subscription_id": 1, "company_id": world.company_id(), "plan_id": 4, "payment_mode": "preco_anual",
        "last_price": 190.8, "subscription_date": "2026-01-02T09:00:00+0000",
        "expire_date": "2027-01-02T09:00:00+0000", "paid": 1, "last_payment_date": "2026-01-02T09:00:00+0000",
    }))
}
