use serde_json::Map;

use super::entity::{handle, operations};
use crate::types::{NewProductStock, ProductStock, StockMove, StockQuery, StockWritten};
use crate::{Error, Listing, ProductStockId};

operations! { "productStocks":
    GET_ALL = "getAll" read;
    INSERT = "insert" write;
    UPDATE = "update" write;
    DELETE = "delete" write;
    MOVE_TO_WAREHOUSE = "moveToWarehouse" write;
}

handle! {
    /// The movements of the company's stock. See [the service's
    /// documentation](https://www.moloni.pt/dev/products/stocks/).
    ///
    /// How much there is of a product is the sum of its movements: [`Product::stock`](crate::types::Product::stock).
    /// Documents move stock by themselves; these calls are for all else, such as what was counted, broken or found.
    ///
    ProductStocks as product_stocks
}

impl ProductStocks<'_> {
    /// Lists the movements that `query` selects.
    ///
    /// `POST /productStocks/getAll/`, a read, in pages of 50.
    pub fn get_all(self, query: StockQuery) -> Listing<ProductStock> {
        let id = |movement: &ProductStock| movement.product_stock_id.get();
        Listing::new(self.client.clone(), &GET_ALL, query.into_params(), id)
    }

    /// Moves stock in or out.
    ///
    /// `POST /productStocks/insert/`, a write: sent again only if it provably never arrived. Nothing tells a movement
    /// from a second one like it but its [`notes`](NewProductStock::notes).
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`; `Validation` names the fields that are wrong. With
    /// [`outcome_unknown`](Error::outcome_unknown) it may be there all the same.
    pub async fn insert(self, new: &NewProductStock) -> Result<StockWritten, Error> {
        self.client.written(&INSERT, new, Map::new()).await
    }

    /// Replaces a movement.
    ///
    /// `POST /productStocks/update/`, a write, with everything that an insert takes.
    ///
    /// # Errors
    ///
    /// As [`insert`](Self::insert); `Refused` if it is not there.
    pub async fn update(self, id: ProductStockId, new: &NewProductStock) -> Result<(), Error> {
        self.client.write(&UPDATE, new, named(id)).await
    }

    /// Deletes a movement.
    ///
    /// `POST /productStocks/delete/`, a write.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`; `Refused` if it is not there, or a document caused it.
    pub async fn delete(self, id: ProductStockId) -> Result<(), Error> {
        self.client.write(&DELETE, &Map::new(), named(id)).await
    }

    /// Moves stock from one warehouse to another.
    ///
    /// `POST /productStocks/moveToWarehouse/`, a write.
    ///
    /// # Errors
    ///
    /// As [`insert`](Self::insert).
    pub async fn move_to_warehouse(self, goods: &StockMove) -> Result<StockWritten, Error> {
        self.client.written(&MOVE_TO_WAREHOUSE, goods, Map::new()).await
    }
}

/// The parameter that names a movement.
fn named(id: ProductStockId) -> Map<String, serde_json::Value> {
    Map::from_iter([("product_stock_id".to_owned(), id.get().into())])
}
