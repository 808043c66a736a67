//! Every method of `productStocks`.

use moloni_client::types::{NewProductStock, ProductStock, StockMove, StockQuery};
use moloni_client::{Decimal, ProductId, ProductStockId, TryStreamExt, jiff};

use crate::stage::{Stage, invalid, refused};

fn noon(day: i8) -> jiff::civil::DateTime {
    jiff::civil::date(2026, 7, day).at(12, 0, 0, 0)
}

async fn movements(stage: &Stage, query: StockQuery) -> Vec<ProductStock> {
    stage.client.product_stocks().get_all(query).items().try_collect().await.unwrap()
}

async fn stock(stage: &Stage, product: ProductId) -> (String, Vec<String>) {
    let product = stage.client.products().get_one(product).await.unwrap();
    let places = product.warehouses.iter().map(|place| place.stock.to_string()).collect();
    (product.stock.to_string(), places)
}

#[tokio::test]
async fn stock_comes_in_goes_out_and_moves() {
    let stage = Stage::new().await;
    let stocks = stage.client.product_stocks();
    let product = ProductId::from(stage.sandbox.credentials().product_id);
    let (hall, shop) = (7.into(), 8.into());
    let new = NewProductStock::new(product, noon(1), Decimal::from(12)).warehouse(hall).notes("Contagem");
    let written = stocks.insert(&new).await.unwrap();
    assert!(written.stock_movement_id.is_none() && written.extra.contains_key("valid"));
    let id = written.product_stock_id.unwrap();
    let all = movements(&stage, StockQuery::new()).await;
    let [one] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((one.product_stock_id, one.product_id, one.warehouse_id), (id, Some(product), Some(hall)));
    assert_eq!((one.qty.to_string(), one.notes.as_str(), one.document_id), ("12".into(), "Contagem", None));
    assert_eq!(one.movement_date, Some("2026-07-01T11:00:00Z".parse().unwrap()), "the company's own clock");
    assert!(one.extra.is_empty(), "{:?}", one.extra);

    let broken = NewProductStock::new(product, noon(2), Decimal::new(-15, 1));
    let broken_id = stocks.insert(&broken).await.unwrap().product_stock_id.unwrap();
    let last = movements(&stage, StockQuery::new().movement_date(noon(2).date())).await;
    assert_eq!(last[0].accumulated.map(|n| n.to_string()), Some("10.5".into()));
    let goods = StockMove::new(id, product, noon(3), Decimal::from(5), hall, shop).notes("Loja");
    stocks.move_to_warehouse(&goods).await.unwrap();
    assert_eq!(stock(&stage, product).await, ("10.5".into(), vec!["7".into(), "5".into()]));
    assert_eq!(movements(&stage, StockQuery::new().warehouse_id(shop)).await.len(), 1);
    assert_eq!(movements(&stage, StockQuery::new().product_id(1.into())).await, []);

    stocks.update(broken_id, &NewProductStock::new(product, noon(2), Decimal::from(-1))).await.unwrap();
    stocks.delete(id).await.unwrap();
    assert_eq!(stock(&stage, product).await, ("-1".into(), vec!["-5".into(), "5".into()]));
}

#[tokio::test]
async fn what_is_wrong_with_a_movement_is_told() {
    let stage = Stage::new().await;
    let stocks = stage.client.product_stocks();
    let product = ProductId::from(stage.sandbox.credentials().product_id);
    let nothing = NewProductStock::new(0.into(), noon(1), Decimal::ZERO);
    assert_eq!(invalid(stocks.insert(&nothing).await), ["2 product_id 1 0", "2 qty 0"]);
    let codes = ["2 product_stock_id 1 0", "2 product_id 1 0", "2 qty 0"];
    assert_eq!(invalid(stocks.update(0.into(), &nothing).await), codes);
    assert_eq!(invalid(stocks.delete(0.into()).await), ["2 product_stock_id 1 0"]);
    let nowhere = StockMove::new(1.into(), product, noon(1), Decimal::ONE, 0.into(), 0.into());
    let codes = ["2 from_warehouse_id 1 0", "2 to_warehouse_id 1 0"];
    assert_eq!(invalid(stocks.move_to_warehouse(&nowhere).await), codes);

    let gone = ProductStockId::from(1);
    let new = NewProductStock::new(product, noon(1), Decimal::ONE);
    refused(stocks.insert(&NewProductStock::new(1.into(), noon(1), Decimal::ONE)).await);
    refused(stocks.update(gone, &new).await);
    refused(stocks.delete(gone).await);
    let goods = StockMove::new(gone, product, noon(1), Decimal::ONE, 7.into(), 8.into());
    refused(stocks.move_to_warehouse(&goods).await);
    assert_eq!(stock(&stage, product).await.0, "0", "what is refused moves nothing");
}
