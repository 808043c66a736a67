use serde_json::{Map, json};

use super::entity::{handle, operations, writes};
use crate::types::ProductStock;
use crate::{Amount, Date, Error, Listing, ProductId, ProductStockId, WarehouseId};

handle! {
    /// The movements of stock.
    ProductStocks as product_stocks
}

writes! { ProductStocks("productStocks") of NewProductStock, ProductStockId = "product_stock_id" }

impl ProductStocks<'_> {
    /// Lists the movements of a product's stock.
    ///
    /// `POST /productStocks/getAll/`, a read, in pages of 50. What else it takes is not established. Compare what you
    /// get: filters that the service does not know are ignored without a word.
    pub fn get_all(self, product: ProductId) -> Listing<ProductStock> {
        operations! { "productStocks": GET_ALL = "getAll" read; }
        let params = Map::from_iter([("product_id".to_owned(), product.get().into())]);
        Listing::new(self.client.clone(), &GET_ALL, params, |row| row.product_stock_id.get())
    }

    /// Moves units of a product from one warehouse to another.
    ///
    /// `POST /productStocks/moveToWarehouse/`, a write: sent again only if it provably never arrived. `stock` is the
    /// movement that brought the units in.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`; `Validation` names the fields that are wrong, `Refused` says that one of
    /// them is not there. With [`outcome_unknown`](Error::outcome_unknown) the units may have moved all the same.
    pub async fn move_to_warehouse(
        self,
        stock: ProductStockId,
        product: ProductId,
        day: Date,
        qty: impl Into<Amount>,
        from: WarehouseId,
        to: WarehouseId,
    ) -> Result<(), Error> {
        operations! { "productStocks": MOVE = "moveToWarehouse" write; }
        let moved = json!({
            "product_stock_id": stock, "product_id": product, "movement_date": day.to_string(), "qty": qty.into(),
            "from_warehouse_id": from, "to_warehouse_id": to,
        });
        self.client.write(&MOVE, &moved, Map::new()).await
    }
}
