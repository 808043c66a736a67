use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::route::{Ask, Reply};
use super::row::{Row, amount, id, list, row, wire};
use super::world::World;
use super::{document_sets, products, taxes};

/// A list that the sandbox serves as it is stored.
pub(super) struct Setting {
    pub(super) entity: &'static str,
    /// What its ids are called; empty if rows have none.
    pub(super) key: &'static str,
    /// Whether it belongs to a company.
    pub(super) of_company: bool,
}

const fn setting(entity: &'static str, key: &'static str, of_company: bool) -> Setting {
    Setting { entity, key, of_company }
}

/// Every such list.
pub(super) const SETTINGS: &[Setting] = &[
    setting("bankAccounts", "bank_account_id", true),
    setting("countries", "country_id", false),
    setting("currencies", "currency_id", false),
    setting("currencyExchange", "", false),
    setting("deductions", "deduction_id", true),
    setting("deliveryMethods", "delivery_method_id", true),
    setting("documentModels", "", false),
    setting("documentSets", "document_set_id", true),
    setting("economicActivityClassificationCodes", "eac_id", true),
    setting("geographicZones", "geographic_zone_id", true),
    setting("identificationTemplates", "template_id", true),
    setting("languages", "language_id", false),
    setting("maturityDates", "maturity_date_id", true),
    setting("measurementUnits", "unit_id", true),
    setting("multibancoGateways", "", false),
    setting("paymentMethods", "payment_method_id", true),
    setting("priceClasses", "price_class_id", true),
    setting("productCategories", "category_id", true),
    setting("productProperties", "property_id", true),
    setting("salesmen", "salesman_id", true),
    setting("suppliers", "supplier_id", true),
    setting("taxExemptions", "", false),
    setting("taxes", "tax_id", true),
    setting("vehicles", "vehicle_id", true),
    setting("warehouses", "warehouse_id", true),
    // Last, because it is made of others.
    setting("products", "product_id", true),
];

/// The list `entity`, if it is one of these.
pub(super) fn find(entity: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|s| s.entity == entity)
}

/// `{entity}/getAll`.
pub(super) fn get_all(world: &mut World, ask: &Ask<'_>) -> Reply {
    let rows = world.settings(ask.entity).to_vec();
    let params = ask.params;
    Reply::Read(match ask.entity {
        "productCategories" => {
            list(rows.into_iter().filter(|r| id(r, "parent_id") == params.id("parent_id")))
        }
        "taxes" => list(taxes::selected(rows, params)),
        _ => list(rows),
    })
}

/// Fills every list that has no row. `ids` yields fresh ids.
pub(super) fn fill(lists: &mut BTreeMap<&'static str, Vec<Row>>, company: u64, mut ids: impl FnMut() -> u64) {
    for setting in SETTINGS {
        let empty = lists.get(setting.entity).is_none_or(Vec::is_empty);
        if empty {
            let rows = standard(setting.entity, company, lists, &mut ids);
            lists.insert(setting.entity, rows);
        }
    }
}

fn standard(
    entity: &str,
    company: u64,
    lists: &BTreeMap<&'static str, Vec<Row>>,
    ids: &mut impl FnMut() -> u64,
) -> Vec<Row> {
    let first = |entity: &str| lists.get(entity).and_then(|rows| rows.first()).cloned().unwrap_or_default();
    match entity {
        "countries" => COUNTRIES.iter().map(|(id, code, name)| country(*id, code, name)).collect(),
        "languages" => [(1, "PT", "Português"), (3, "ES", "Español"), (2, "EN", "English")]
            .iter()
            .map(|(id, code, title)| row(json!({ "language_id": id, "code": code, "title": title })))
            .collect(),
        "currencies" => [(1, "EUR", "€", "Euro"), (2, "USD", "$", "Dólar"), (3, "GBP", "£", "Libra")]
            .iter()
            .map(|(id, code, symbol, name)| {
                let languages = json!([{ "currency_id": id, "language_id": 1, "name": name }]);
                row(json!({ "currency_id": id, "iso4217": code, "symbol": symbol, "languages": languages }))
            })
            .collect(),
        "currencyExchange" => vec![row(json!({ "from": 1, "to": 2, "value": 1.08 }))],
        "taxExemptions" => ["M01", "M07", "M99"].iter().map(|code| row(json!({ "code": code }))).collect(),
        "maturityDates" => [("Pronto pagamento", 0), ("30 dias", 30)]
            .iter()
            .map(|(name, days)| {
                row(json!({ "maturity_date_id": ids(), "name": name, "days": days, "associated_discount": 0 }))
            })
            .collect(),
        "paymentMethods" => [("Transferência bancária", 0, 0), ("Numerário", 1, 0), ("Multibanco", 0, 1)]
            .iter()
            .map(|(name, cash, card)| {
                row(json!({
                    "payment_method_id": ids(), "name": name, "is_numerary": cash, "is_mb": card,
                    "is_credit": 0, "is_tpa": 0,
                }))
            })
            .collect(),
        "deliveryMethods" => vec![row(json!({ "delivery_method_id": ids(), "name": "Correio" }))],
        "documentSets" => vec![document_set(ids())],
        "taxes" => [("IVA Normal", 23, "NOR", 1), ("IVA Intermédio", 13, "INT", 0), ("IVA Reduzido", 6, "RED", 0)]
            .iter()
            .map(|(name, rate, kind, default)| tax(ids(), company, name, *rate, kind, *default))
            .collect(),
        "measurementUnits" => {
            vec![row(json!({ "unit_id": ids(), "name": "Unidade", "short_name": "Uni." }))]
        }
        "productCategories" => vec![row(json!({
            "category_id": ids(), "parent_id": 0, "name": "Serviços", "description": "", "image": "",
        }))],
        "products" => {
            vec![product(ids(), company, &first("productCategories"), &first("measurementUnits"), &first("taxes"))]
        }
        _ => Vec::new(),
    }
}

const COUNTRIES: &[(u64, &str, &str)] =
    &[(1, "pt", "Portugal"), (33, "br", "Brasil"), (8, "ao", "Angola"), (70, "es", "Espanha")];

fn country(id: u64, code: &str, name: &str) -> Row {
    let zone = |zone: u64, code: &str, name: &str| json!({ "fiscal_zone_id": zone, "country_id": id, "name": name, "code": code });
    let zones =
        if code == "pt" { vec![zone(1, "PT-MA", "Madeira"), zone(2, "PT-AC", "Açores")] } else { vec![] };
    let languages: Vec<Value> =
        (1..=3).map(|language| json!({ "country_id": id, "language_id": language, "name": name })).collect();
    row(json!({
        "country_id": id, "iso_3166_1": code, "name": name, "order": id, "image": "",
        "vies_vat_check_available": u8::from(["pt", "es"].contains(&code)),
        "languages": languages, "fiscal_zones": zones,
    }))
}

fn document_set(set: u64) -> Row {
    let mut fields = document_sets::blank(set);
    fields.extend(row(json!({ "name": "2026", "active_by_default": 1 })));
    fields
}

fn tax(id: u64, company: u64, name: &str, rate: u64, kind: &str, default: u64) -> Row {
    row(json!({
        "tax_id": id, "company_id": company, "name": name, "value": rate, "type": 1, "saft_type": 1,
        "vat_type": kind, "stamp_tax": "", "exemption_reason": "", "fiscal_zone": "PT",
        "active_by_default": default, "country_id": 0, "visibility": 1, "recem_importado": 0,
        "lastmodified": "2026-01-02T09:00:00+0000", "lastmodifiedby": "Moloni",
    }))
}

fn product(id: u64, company: u64, category: &Row, unit: &Row, tax: &Row) -> Row {
    let keep = |from: &Row, keys: &[&str]| -> Row {
        from.iter()
            .filter(|(key, _)| keys.contains(&key.as_str()))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect()
    };
    // In a product the tax's `value` is the amount of tax on the price; the rate is inside `tax`.
    let charged = amount(tax, "value");
    row(json!({
        "product_id": id, "company_id": company, "category_id": category.get("category_id"), "visibility_id": 1,
        "type": 2, "name": "Hora de consultoria", "summary": "", "notes": "", "reference": "0001", "ean": "",
        "price": 100, "unit_id": unit.get("unit_id"), "has_stock": 0, "stock": 0, "minimum_stock": 0,
        "image": "", "exemption_reason": "", "pos_favorite": 0, "at_product_category": "S",
        "composition_type": 0, "warehouse_id": 0, "created": "2026-01-02T09:00:00+0000",
        "category": keep(category, &["category_id", "parent_id", "name", "description", "image"]),
        "measurement_unit": keep(unit, &["unit_id", "name", "short_name"]),
        "suppliers": [], "properties": [], "price_classes": [], "warehouses": [], "child_products": [],
        "taxes": [{
            "product_tax_id": id, "product_id": id, "tax_id": tax.get("tax_id"), "value": wire(charged), "order": 1,
            "cumulative": 1, "tax": keep(tax, &products::TAX),
        }],
    }))
}
