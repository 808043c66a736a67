//! Every method of `products`.

use moloni_client::resources::Match;
use moloni_client::types::{
    InventoryCategory, LineTax, NewProduct, NewTax, Product, ProductImage, ProductKind, TaxKind, VatType,
};
use moloni_client::{Amount, Decimal, Listing, TaxId, TryStreamExt};

use crate::stage::{Stage, invalid, refused};

async fn references(list: Listing<Product>) -> Vec<String> {
    list.items().map_ok(|product| product.reference).try_collect().await.unwrap()
}

fn vat(stage: &Stage) -> LineTax {
    LineTax::new(TaxId::from(stage.sandbox.credentials().tax_id), Decimal::from(23))
}

/// A mug of 2.50, 23 % of VAT on top.
fn mug(stage: &Stage) -> NewProduct {
    let (category, unit) = (stage.category(), stage.unit());
    NewProduct::new(category, ProductKind::Goods, "Caneca azul", "CAN-1", Decimal::new(250, 2), unit)
        .summary("Grés")
        .ean("5600000000017")
        .stock(Decimal::from(12))
        .at_product_category(InventoryCategory::Merchandise)
        .supplier(4.into(), Decimal::new(125, 2))
        .property(3.into(), "0.4")
        .tax(vat(stage))
}

#[tokio::test]
async fn a_product_is_inserted_read_replaced_and_deleted() {
    let stage = Stage::new().await;
    let products = stage.client.products();
    let id = products.insert(&mug(&stage)).await.unwrap();
    let read = products.get_one(id).await.unwrap();
    assert_eq!((read.name.as_str(), read.kind, read.has_stock), ("Caneca azul", ProductKind::Goods, true));
    assert_eq!(read.measurement_unit.as_ref().map(|unit| unit.unit_id), Some(stage.unit()));
    assert_eq!(read.category.as_ref().map(|category| category.category_id), Some(stage.category()));
    assert!(read.created.is_some() && read.extra.is_empty(), "{:?}", read.extra);

    let free = mug(&stage).name("Caneca oferecida").price(Decimal::ONE).exempt("M99");
    products.update(id, &free).await.unwrap();
    let read = products.get_one(id).await.unwrap();
    assert_eq!((read.taxes.len(), read.exemption_reason.as_str()), (0, "M99"));
    products.delete(id).await.unwrap();
    assert_eq!(products.find_one(id).await.unwrap(), None);
    refused(products.delete(id).await);
    refused(products.update(id, &free).await);
}

#[tokio::test]
async fn a_product_that_is_read_and_written_stays_as_it_is() {
    let stage = Stage::new().await;
    let products = stage.client.products();
    let id = products.insert(&mug(&stage)).await.unwrap();
    let before = products.get_one(id).await.unwrap();
    assert_eq!(before.taxes[0].amount, Amount::from(Decimal::new(575, 3)), "an amount");
    assert_eq!(before.taxes[0].rate(), Some(Amount::from(Decimal::from(23))), "the rate is inside");
    products.update(id, &NewProduct::of(&before).unwrap()).await.unwrap();
    assert_eq!(products.get_one(id).await.unwrap(), before);
}

#[tokio::test]
async fn a_fixed_tax_is_charged_as_it_is() {
    let stage = Stage::new().await;
    let fee = NewTax::other("Ecotaxa", TaxKind::Fixed, Decimal::new(12, 2), "PT");
    let fee = stage.client.taxes().insert(&fee).await.unwrap();
    let products = stage.client.products();
    let product = mug(&stage).tax(LineTax::new(fee, Decimal::new(12, 2)).order(2));
    let read = products.get_one(products.insert(&product).await.unwrap()).await.unwrap();
    assert_eq!(read.taxes[1].amount, Amount::from(Decimal::new(12, 2)));
    assert_eq!(NewProduct::of(&read).unwrap(), product);
}

#[tokio::test]
async fn what_is_wrong_with_a_product_is_told() {
    let stage = Stage::new().await;
    let products = stage.client.products();
    products.insert(&mug(&stage)).await.unwrap();
    let new = mug(&stage).reference("CAN-2");
    let tax = |id: u64, rate: i64| LineTax::new(TaxId::from(id), Decimal::from(rate));
    let table = [
        (new.clone().name(""), vec!["1 name"]),
        (new.clone().reference("CAN-1"), vec!["4 reference"]),
        (new.clone().price(Decimal::NEGATIVE_ONE), vec!["2 price 0 null null 0"]),
        (new.clone().category(0.into()), vec!["2 category_id 1 0"]),
        (new.clone().exempt(""), vec!["1 exemption_reason"]),
        (new.clone().tax(tax(7, -1)), vec!["2 tax_id 1 0 at [1]", "2 value 0 0 at [1]"]),
    ];
    for (wrong, codes) in table {
        assert_eq!(invalid(products.insert(&wrong).await), codes);
    }
    let kind = ProductKind::Other(9);
    let wrong = NewProduct::new(stage.category(), kind, "x", "y", Decimal::ONE, stage.unit()).exempt("M99");
    assert_eq!(invalid(products.insert(&wrong).await), [r#"5 type ["1","2","3"]"#]);
    assert_eq!(invalid(products.get_by_ean("", Match::Loose).page(0).await), ["1 ean"]);
    assert_eq!(invalid(products.get_one(0.into()).await), ["2 product_id 1 0"]);
}

#[tokio::test]
async fn products_are_searched_and_counted() {
    let stage = Stage::new().await;
    let products = stage.client.products();
    let seeded = stage.sandbox.credentials().product_id;
    for (reference, name, ean) in [("CAN-1", "Caneca", "56"), ("CAN-10", "Caneca grande", "560")] {
        products.insert(&mug(&stage).reference(reference).name(name).ean(ean)).await.unwrap();
    }
    let category = stage.category();
    assert_eq!(products.count(None).await.unwrap(), 3);
    assert_eq!(products.count(Some(category)).await.unwrap(), 3);
    assert_eq!(products.count(Some(7.into())).await.unwrap(), 0);
    assert_eq!(references(products.get_all(None)).await, ["CAN-10", "CAN-1", "0001"]);
    assert_eq!(references(products.get_all(Some(7.into()))).await, [""; 0]);
    assert_eq!(products.get_one(seeded.into()).await.unwrap().reference, "0001");

    assert_eq!(references(products.get_by_search("grande")).await, ["CAN-10"]);
    assert_eq!(products.count_by_search("CAN").await.unwrap(), 2);
    assert_eq!(references(products.get_by_reference("CAN-1", Match::Loose)).await, ["CAN-10", "CAN-1"]);
    assert_eq!(references(products.get_by_reference("CAN-1", Match::Exact)).await, ["CAN-1"]);
    assert_eq!(references(products.get_by_name("Caneca", Match::Exact)).await, ["CAN-1"]);
    assert_eq!(references(products.get_by_ean("56", Match::Exact)).await, ["CAN-1"]);
    let counts = [
        products.count_by_reference("CAN-1", Match::Loose).await.unwrap(),
        products.count_by_name("Caneca", Match::Exact).await.unwrap(),
        products.count_by_ean("56", Match::Loose).await.unwrap(),
    ];
    assert_eq!(counts, [2, 1, 2]);
}

#[tokio::test]
async fn references_are_proposed_and_costs_are_known() {
    let stage = Stage::new().await;
    let products = stage.client.products();
    assert_eq!(products.get_next_reference().await.unwrap(), "0002");
    let id = products.insert(&mug(&stage)).await.unwrap();
    let cost = products.get_last_cost_price(id, Some(4.into())).await.unwrap();
    assert_eq!(cost["cost_price"], 1.25);
    let error = products.get_last_cost_price(id, Some(5.into())).await.unwrap_err();
    assert!(error.is_not_found());
}

#[tokio::test]
async fn changed_products_are_found() {
    let stage = Stage::new().await;
    let products = stage.client.products();
    let id = products.insert(&mug(&stage)).await.unwrap();
    let moment = stage.later();
    assert_eq!(products.count_modified_since(moment).await.unwrap(), 0);
    products.update(id, &mug(&stage).price(Decimal::from(3))).await.unwrap();
    assert_eq!(references(products.get_modified_since(moment)).await, ["CAN-1"]);
    assert_eq!(products.count_modified_since(moment).await.unwrap(), 1);
}

#[tokio::test]
async fn what_a_document_or_a_product_names_cannot_be_deleted() {
    let stage = Stage::new().await;
    stage.invoice(stage.customer("1", "Ana", "999999990"));
    let keys = stage.sandbox.credentials();
    refused(stage.client.products().delete(keys.product_id.into()).await);
    refused(stage.client.taxes().delete(keys.tax_id.into()).await);
    let spare = NewTax::vat("IVA 5", Decimal::from(5), VatType::Reduced, "PT-MA");
    let spare = stage.client.taxes().insert(&spare).await.unwrap();
    let product = mug(&stage).taxes([LineTax::new(spare, Decimal::from(5))]);
    let product = stage.client.products().insert(&product).await.unwrap();
    refused(stage.client.taxes().delete(spare).await);
    stage.client.products().delete(product).await.unwrap();
    stage.client.taxes().delete(spare).await.unwrap();
}

#[tokio::test]
async fn a_product_has_a_picture() {
    let stage = Stage::new().await;
    let products = stage.client.products();
    let png = ProductImage::new(*b"\x89PNG\r\n\x1a\n\0\xff\r\n--form-part-0000000000000000").unwrap();
    let id = products.insert_with_image(&mug(&stage), &png).await.unwrap();
    let read = products.get_one(id).await.unwrap();
    assert_eq!((read.image.as_str(), read.summary.as_str()), ("image.png", "Grés"));
    assert_eq!((read.taxes[0].rate(), read.suppliers.len()), (Some(Amount::from(Decimal::from(23))), 1));

    let gif = ProductImage::new(*b"GIF89a").unwrap();
    products.update_with_image(id, &mug(&stage).name("Caneca verde"), &gif).await.unwrap();
    products.update(id, &mug(&stage)).await.unwrap();
    let read = products.get_one(id).await.unwrap();
    assert_eq!((read.image.as_str(), read.name.as_str()), ("image.gif", "Caneca azul"), "it stays");
    let wrong = mug(&stage).name("").tax(LineTax::new(1.into(), Decimal::ONE));
    let codes = ["1 name", "4 reference", "2 tax_id 1 0 at [3]"];
    assert_eq!(invalid(products.insert_with_image(&wrong, &png).await), codes);
    refused(products.update_with_image(1.into(), &mug(&stage).reference("Z"), &gif).await);
}
