//! Taxes, payment methods, terms of payment and series.

use moloni_client::types::{
    AtRegistration, LineTax, NewDocumentSet, NewMaturityDate, NewPaymentMethod, NewTax, SaftType, TaxKind,
    TaxQuery, VatType,
};
use moloni_client::{Amount, Decimal, DocumentKind, jiff};

use crate::stage::{Stage, invalid, refused};

#[tokio::test]
async fn taxes_are_kept() {
    let stage = Stage::new().await;
    let client = &stage.client;
    let taxes = client.taxes();
    let new = NewTax::vat("IVA Madeira", Decimal::from(22), VatType::Normal, "PT-MA");
    let id = taxes.insert(&new).await.unwrap();
    let all = taxes.get_all(&TaxQuery::new()).await.unwrap();
    let tax = all.iter().find(|tax| tax.tax_id == id).unwrap();
    assert!(tax.is_vat("PT-MA", Decimal::from(22).into()) && !tax.is_vat("PT", Decimal::from(22).into()));
    assert_eq!((tax.saft_type, tax.kind), (SaftType::Vat, TaxKind::Percentage));
    assert!(tax.lastmodified.is_some() && tax.extra.is_empty(), "{:?}", tax.extra);
    assert_eq!(LineTax::of(tax).rate, Amount::from(Decimal::from(22)));

    taxes.update(id, &new.active_by_default()).await.unwrap();
    let query = TaxQuery::new().fiscal_zone("PT-MA").value(Decimal::from(22)).kind(TaxKind::Percentage);
    let found = taxes.get_all(&query.active_by_default(true)).await.unwrap();
    assert_eq!((found.len(), found[0].tax_id), (1, id));
    assert_eq!(taxes.get_all(&TaxQuery::new().fiscal_zone("PT")).await.unwrap().len(), all.len() - 1);
    taxes.delete(id).await.unwrap();
    refused(taxes.delete(id).await);
}

#[tokio::test]
async fn what_is_wrong_with_a_tax_is_told() {
    let stage = Stage::new().await;
    let client = &stage.client;
    let taxes = client.taxes();
    let free = NewTax::vat("Isento", Decimal::ZERO, VatType::Exempt, "PT");
    assert_eq!(invalid(taxes.insert(&free).await), ["1 exemption_reason"]);
    taxes.insert(&free.exemption_reason("M07")).await.unwrap();
    let kind = VatType::Other("NEW".to_owned());
    let odd = NewTax::vat("", Decimal::ONE, kind, "");
    let codes = ["1 name", r#"5 vat_type ["RED","INT","NOR","ISE","OUT"]"#, "1 fiscal_zone"];
    assert_eq!(invalid(taxes.insert(&odd).await), codes);
    let stamp = NewTax::stamp("Selo", TaxKind::Percentage, Decimal::ONE, "", "PT");
    assert_eq!(invalid(taxes.insert(&stamp).await), ["1 stamp_tax"]);
    let negative = NewTax::other("Taxa", TaxKind::PerProduct, Decimal::NEGATIVE_ONE, "PT");
    assert_eq!(invalid(taxes.insert(&negative).await), ["2 value 0 null null 0"]);
}

#[tokio::test]
async fn payment_methods_are_kept() {
    let stage = Stage::new().await;
    let methods = stage.client.payment_methods();
    let id = methods.insert(&NewPaymentMethod::new("MB Way").multibanco()).await.unwrap();
    let find = async || methods.get_all().await.unwrap().into_iter().find(|m| m.payment_method_id == id);
    let method = find().await.unwrap();
    assert_eq!((method.name.as_str(), method.is_mb, method.is_numerary), ("MB Way", true, false));
    methods.update(id, &NewPaymentMethod::new("Gaveta").cash()).await.unwrap();
    let method = find().await.unwrap();
    assert_eq!((method.name.as_str(), method.is_mb, method.is_numerary), ("Gaveta", false, true));
    methods.delete(id).await.unwrap();
    assert_eq!(find().await, None);

    assert_eq!(invalid(methods.insert(&NewPaymentMethod::new("")).await), ["1 name"]);
    assert_eq!(invalid(methods.delete(0.into()).await), ["2 payment_method_id 1 0"]);
    refused(methods.update(id, &NewPaymentMethod::new("x")).await);
    stage.customer("1", "Ana", "999999990");
    refused(methods.delete(stage.sandbox.credentials().payment_method_id.into()).await);
}

#[tokio::test]
async fn terms_of_payment_are_kept() {
    let stage = Stage::new().await;
    let terms = stage.client.maturity_dates();
    let moment = stage.later();
    let new = NewMaturityDate::new("45 dias", 45).associated_discount(Decimal::new(15, 1));
    let id = terms.insert(&new).await.unwrap();
    let changed = terms.get_modified_since(moment).await.unwrap();
    assert_eq!((changed.len(), changed[0].maturity_date_id, changed[0].days), (1, id, 45));
    assert_eq!(changed[0].associated_discount.to_string(), "1.5");
    assert_eq!(terms.get_all().await.unwrap().len(), 3);
    let moment = stage.later();
    assert_eq!(terms.count_modified_since(moment).await.unwrap(), 0);
    terms.update(id, &NewMaturityDate::new("60 dias", 60)).await.unwrap();
    assert_eq!(terms.count_modified_since(moment).await.unwrap(), 1);
    terms.delete(id).await.unwrap();
    assert_eq!(terms.count_modified_since(moment).await.unwrap(), 0, "deletions do not appear");

    let wrong = NewMaturityDate::new("", 1).associated_discount(Decimal::from(101));
    let codes = ["1 name", "2 associated_discount 0 null null 0 100"];
    assert_eq!(invalid(terms.insert(&wrong).await), codes);
    refused(terms.delete(id).await);
}

#[tokio::test]
async fn customers_show_their_terms() {
    let stage = Stage::new().await;
    let id = stage.customer("1", "Ana", "999999990");
    let terms = stage.client.maturity_dates().get_all().await.unwrap().pop().unwrap();
    let customers = stage.client.customers();
    let edited = customers.edit(id, |_, fields| fields.maturity_date(terms.maturity_date_id)).await.unwrap();
    assert_eq!(edited.customer.maturity_date.as_ref(), Some(&terms));
    refused(stage.client.maturity_dates().delete(terms.maturity_date_id).await);
    let edited = customers.edit(id, |_, fields| fields.maturity_date(None)).await.unwrap();
    assert_eq!((edited.customer.maturity_date, edited.ignored.len()), (None, 0));
}

#[tokio::test]
async fn series_are_kept_and_registered() {
    let stage = Stage::new().await;
    let sets = stage.client.document_sets();
    let moment = stage.later();
    let id = sets.insert(&NewDocumentSet::new("LOJA")).await.unwrap();
    let find =
        async || sets.get_all().await.unwrap().into_iter().find(|set| set.document_set_id == id).unwrap();
    let set = find().await;
    assert!(!set.document_types_numbers.is_empty() && set.extra.is_empty());
    let (invoice, receipt) = (DocumentKind::Invoice.id(), DocumentKind::Receipt.id());
    assert!(set.at_code(invoice).is_none(), "a new series is not registered");

    sets.at_insert_code(&AtRegistration::automatic(id, invoice)).await.unwrap();
    let day = jiff::civil::date(2026, 7, 1);
    sets.at_insert_code(&AtRegistration::manual(id, receipt, "AAAA1111", 12, day)).await.unwrap();
    let set = find().await;
    assert_eq!(set.at_code(invoice).map(|code| code.document_set_at_code.len()), Some(8));
    let code = set.at_code(receipt).unwrap();
    assert_eq!(
        (code.document_set_at_code.as_str(), code.initial_num, code.initial_date),
        ("AAAA1111", 12, Some(day))
    );
    assert_eq!(code.last_log.as_ref().map(|log| log.result_code), Some(2001));

    sets.update(id, &NewDocumentSet::new("LOJA 2").cash_vat_scheme().template(7.into())).await.unwrap();
    let set = find().await;
    assert!(set.cash_vat_scheme_indicator && set.template_id == Some(7.into()));
    assert_eq!(set.document_set_at_codes.len(), 2, "an update leaves the registrations alone");
    let changed = sets.get_modified_since(moment).await.unwrap();
    assert_eq!((changed.len(), changed[0].document_set_id), (1, id));
    assert_eq!(sets.count_modified_since(moment).await.unwrap(), 1);
    sets.delete(id).await.unwrap();
    refused(sets.delete(id).await);
}

#[tokio::test]
async fn what_is_wrong_with_a_series_is_told() {
    let stage = Stage::new().await;
    let sets = stage.client.document_sets();
    assert_eq!(invalid(sets.insert(&NewDocumentSet::new("")).await), ["1 name"]);
    assert_eq!(invalid(sets.insert(&NewDocumentSet::new("2026")).await), ["4 name"]);
    let own = stage.sandbox.credentials().document_set_id;
    sets.update(own.into(), &NewDocumentSet::new("2026").active_by_default()).await.unwrap();
    stage.invoice(stage.customer("1", "Ana", "999999990"));
    refused(sets.delete(own.into()).await);

    let invoice = DocumentKind::Invoice.id();
    let nowhere = AtRegistration::automatic(0.into(), 0.into());
    let codes = ["2 document_set_id 1 0", "2 document_type_id 1 0"];
    assert_eq!(invalid(sets.at_insert_code(&nowhere).await), codes);
    let half = AtRegistration::manual(own.into(), invoice, "", 0, jiff::civil::date(2026, 7, 1));
    let codes = ["1 document_set_at_code", "2 initial_num 1 0"];
    assert_eq!(invalid(sets.at_insert_code(&half).await), codes);
    refused(sets.at_insert_code(&AtRegistration::automatic(7.into(), invoice)).await);
}
