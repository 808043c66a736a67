use serde::Serialize;

use super::record::record;
use crate::value::optional_id;
use crate::{Amount, Date, ProductId, WarehouseId};

record! {
    /// A movement of stock: so many units of a product came in, or went out.
    ///
    /// No row was recorded: these are the fields that are written. The rest is in
    /// [`extra`](ProductStock::extra).
    read ProductStock, key product_stock_id: ProductStockId;
    /// The product.
    shows id(ProductId) product_id;
    /// The day.
    shows day movement_date;
    /// How many units came in; below 0 they went out.
    shows amount qty;
    /// The warehouse.
    shows id(WarehouseId) warehouse_id;
    /// Notes about it.
    shows text notes;
}

/// A movement of stock to insert, or what to replace one by.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NewProductStock {
    product_id: ProductId,
    movement_date: String,
    qty: Amount,
    #[serde(with = "optional_id")]
    warehouse_id: Option<WarehouseId>,
    notes: String,
}

impl NewProductStock {
    /// So many units of a product that came in on a day; below 0 they went out.
    pub fn new(product: ProductId, day: Date, qty: impl Into<Amount>) -> Self {
        Self {
            product_id: product,
            movement_date: day.to_string(),
            qty: qty.into(),
            warehouse_id: None,
            notes: String::new(),
        }
    }

    /// Sets the warehouse. Sent as `warehouse_id`; 0 without.
    #[must_use]
    pub fn warehouse(mut self, warehouse: WarehouseId) -> Self {
        self.warehouse_id = Some(warehouse);
        self
    }

    /// Sets notes about it. Sent as `notes`.
    #[must_use]
    pub fn notes(mut self, notes: impl Into<String>) -> Self {
        self.notes = notes.into();
        self
    }
}
