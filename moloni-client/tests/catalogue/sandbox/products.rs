//! What is sold, and how much of it there is.

use moloni_client::jiff::civil::{DateTime, date};
use moloni_client::resources::Match::Exact;
use moloni_client::types::{
    LineTax, NewPriceClass, NewProduct, NewProductCategory, NewProductStock, ProductKind, StockMove,
    StockQuery,
};
use moloni_client::{Decimal, ProductId};

use super::stage::Stage;
use super::{NO_COMPANY, found, kept, rows};

pub(super) async fn calls(stage: &Stage) {
    products(stage).await;
    stocks(stage).await;
    kept! { stage:
        "productCategories" product_categories by category_id, all [get_all(None)],
            new NewProductCategory::new("Bebidas"), other NewProductCategory::new("Vinhos").description("tintos"),
            wrong NewProductCategory::new("") => ["1 name"];
        "priceClasses" price_classes by price_class_id, all [get_all()],
            new NewPriceClass::new("Revenda"), other NewPriceClass::new("Sócios"),
            wrong NewPriceClass::new("") => ["1 title"];
    }
    let (categories, own) = (stage.client.product_categories(), stage.keys().category_id.into());
    rows! { stage:
        "productCategories.getOne", categories.get_one(own) => one => one.category_id == own,
            not categories.get_one(0.into()) => ["2 category_id 1 0"];
    }
}

/// A mug of 2.50.
fn mug(stage: &Stage, reference: &str) -> NewProduct {
    let (category, unit) = (stage.keys().category_id.into(), stage.keys().unit_id.into());
    NewProduct::new(category, ProductKind::Goods, "Caneca azul", reference, Decimal::new(250, 2), unit)
        .ean("5600000000017")
        .stock(Decimal::from(12))
        .supplier(4.into(), Decimal::new(125, 2))
        .tax(LineTax::new(stage.keys().tax_id.into(), Decimal::from(23)))
}

async fn products(stage: &Stage) {
    let (products, nowhere, moment) = (stage.client.products(), stage.nowhere.products(), stage.later());
    let (new, other) = (mug(stage, "CAN-1"), mug(stage, "CAN-1").name("Caneca verde"));
    let (wrong, codes) = (mug(stage, "CAN-2").name("").exempt(""), ["1 name", "1 exemption_reason"]);
    rows! { stage:
        "products.insert", products.insert(&new)
                => id => NewProduct::of(&products.get_one(id).await.unwrap()).unwrap() == new,
            not products.insert(&wrong) => codes;
        "products.getOne", products.get_one(id) => one => one.reference == "CAN-1" && one.extra.is_empty(),
            not products.get_one(0.into()) => ["2 product_id 1 0"];
        "products.getAll", products.get_all(None).page(0) => page => page.items.contains(&one),
            not nowhere.get_all(None).page(0) => NO_COMPANY;
        "products.count", products.count(None) => count => count == 2, not nowhere.count(None) => NO_COMPANY;
        "products.getBySearch", products.get_by_search("CAN").page(0) => page => page.items == [one],
            not products.get_by_search("").page(0) => ["1 search"];
        "products.countBySearch", products.count_by_search("CAN") => count => count == 1,
            not products.count_by_search("") => ["1 search"];
        "products.getModifiedSince", products.get_modified_since(moment).page(0)
                => page => page.items[0].product_id == id,
            not nowhere.get_modified_since(moment).page(0) => NO_COMPANY;
        "products.countModifiedSince", products.count_modified_since(moment) => count => count == 1,
            not nowhere.count_modified_since(moment) => NO_COMPANY;
        "products.getNextReference", products.get_next_reference() => reference => reference == "0002",
            not nowhere.get_next_reference() => NO_COMPANY;
        "products.getLastCostPrice", products.get_last_cost_price(id, Some(4.into()))
                => cost => cost["cost_price"] == 1.25,
            not products.get_last_cost_price(0.into(), None) => ["2 product_id 1 0"];
    }
    found! { stage, products:
        "products.getByName" get_by_name, "products.countByName" count_by_name, "name" "Caneca azul";
        "products.getByReference" get_by_reference, "products.countByReference" count_by_reference,
            "reference" "CAN-1";
        "products.getByEAN" get_by_ean, "products.countByEAN" count_by_ean, "ean" "5600000000017";
    }
    rows! { stage:
        "products.update", products.update(id, &other)
                => () => products.get_one(id).await.unwrap().name == "Caneca verde",
            not products.update(id, &wrong) => codes;
        "products.delete", products.delete(id) => () => products.find_one(id).await.unwrap().is_none(),
            not products.delete(0.into()) => ["2 product_id 1 0"];
    }
}

fn noon(day: i8) -> DateTime {
    date(2026, 7, day).at(12, 0, 0, 0)
}

async fn stocks(stage: &Stage) {
    let (stocks, product) = (stage.client.product_stocks(), ProductId::from(stage.keys().product_id));
    let stock = async || stage.client.products().get_one(product).await.unwrap().stock.to_string();
    let movement = |qty: i64| NewProductStock::new(product, noon(1), Decimal::from(qty)).warehouse(7.into());
    let (nothing, codes) = (movement(0), ["2 qty 0"]);
    let inserted = "productStocks.insert";
    rows! { stage:
        inserted, stocks.insert(&movement(12)) => made => stock().await == "12", not stocks.insert(&nothing) => codes;
    }
    let id = made.product_stock_id.unwrap();
    let (goods, no_goods) = (
        StockMove::new(id, product, noon(3), Decimal::from(5), 7.into(), 8.into()),
        StockMove::new(id, product, noon(3), Decimal::from(5), 0.into(), 8.into()),
    );
    rows! { stage:
        "productStocks.getAll", stocks.get_all(StockQuery::new()).page(0)
                => page => page.items[0].product_stock_id == id,
            not stage.nowhere.product_stocks().get_all(StockQuery::new()).page(0) => NO_COMPANY;
        "productStocks.update", stocks.update(id, &movement(10)) => () => stock().await == "10",
            not stocks.update(id, &nothing) => codes;
        "productStocks.moveToWarehouse", stocks.move_to_warehouse(&goods)
                => moved => moved.product_stock_id != Some(id) && stock().await == "10",
            not stocks.move_to_warehouse(&no_goods) => ["2 from_warehouse_id 1 0"];
        "productStocks.delete", stocks.delete(id) => () => stock().await == "0",
            not stocks.delete(0.into()) => ["2 product_stock_id 1 0"];
    }
}
