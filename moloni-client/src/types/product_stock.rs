use std::fmt;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::new_line::moment;
use crate::value::{instant, optional_id, text};
use crate::{Amount, DocumentId, ProductId, ProductStockId, WarehouseId};

/// A movement of stock: so much of a product came in or went out.
///
/// No answer with one was recorded: what may be missing is optional.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProductStock {
    /// Its id.
    pub product_stock_id: ProductStockId,
    /// The product.
    #[serde(default, with = "optional_id", skip_serializing_if = "Option::is_none")]
    pub product_id: Option<ProductId>,
    /// Where it happened.
    #[serde(default, with = "optional_id")]
    pub warehouse_id: Option<WarehouseId>,
    /// The document that caused it; `None` if a person or an application did.
    #[serde(default, with = "optional_id")]
    pub document_id: Option<DocumentId>,
    /// When it happened.
    #[serde(default, with = "instant::optional")]
    pub movement_date: Option<Timestamp>,
    /// How much came in; what went out is negative.
    #[serde(default)]
    pub qty: Amount,
    /// How much there was after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accumulated: Option<Amount>,
    /// Notes about it.
    #[serde(default, deserialize_with = "text")]
    pub notes: String,
    /// What this crate does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A movement of stock to insert, or what to replace one by.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NewProductStock {
    product_id: ProductId,
    #[serde(serialize_with = "moment")]
    movement_date: DateTime,
    qty: Amount,
    #[serde(with = "optional_id")]
    warehouse_id: Option<WarehouseId>,
    notes: String,
}

impl NewProductStock {
    /// So much of a product came in, or went out if it is negative, at a moment on the company's own clock.
    pub fn new(product: ProductId, at: DateTime, qty: impl Into<Amount>) -> Self {
        Self {
            product_id: product,
            movement_date: at,
            qty: qty.into(),
            warehouse_id: None,
            notes: String::new(),
        }
    }

    /// Sets where. Sent as `warehouse_id`.
    #[must_use]
    pub fn warehouse(mut self, warehouse: WarehouseId) -> Self {
        self.warehouse_id = Some(warehouse);
        self
    }

    /// Sets notes about it. Sent as `notes`.
    #[must_use]
    pub fn notes(mut self, text: impl Into<String>) -> Self {
        self.notes = text.into();
        self
    }
}

/// A move of stock from one warehouse to another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StockMove {
    product_stock_id: ProductStockId,
    product_id: ProductId,
    #[serde(serialize_with = "moment")]
    movement_date: DateTime,
    qty: Amount,
    from_warehouse_id: WarehouseId,
    to_warehouse_id: WarehouseId,
    notes: String,
}

impl StockMove {
    /// So much of a product goes from one warehouse to another, at a moment on the company's own clock.
    ///
    /// The service wants a movement that it belongs to, and does not say what that means to it: name the one that
    /// brought the goods to where they are.
    pub fn new(
        movement: ProductStockId,
        product: ProductId,
        at: DateTime,
        qty: impl Into<Amount>,
        from: WarehouseId,
        to: WarehouseId,
    ) -> Self {
        Self {
            product_stock_id: movement,
            product_id: product,
            movement_date: at,
            qty: qty.into(),
            from_warehouse_id: from,
            to_warehouse_id: to,
            notes: String::new(),
        }
    }

    /// Sets notes about it. Sent as `notes`.
    #[must_use]
    pub fn notes(mut self, text: impl Into<String>) -> Self {
        self.notes = text.into();
        self
    }
}

/// What the service says about a movement that it wrote.
///
/// Its documentation and those who call it name the id differently, so either may be missing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StockWritten {
    /// The movement.
    #[serde(default, with = "optional_id", skip_serializing_if = "Option::is_none")]
    pub product_stock_id: Option<ProductStockId>,
    /// The movement, as some have seen it named. Whether the number is the same is not known.
    #[serde(default, with = "optional_id", skip_serializing_if = "Option::is_none")]
    pub stock_movement_id: Option<ProductStockId>,
    /// What this crate does not know.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Selects movements of stock. Without any filter: all.
#[derive(Clone, Default, PartialEq)]
pub struct StockQuery(Map<String, Value>);

impl StockQuery {
    /// Selects all movements.
    pub fn new() -> Self {
        Self::default()
    }

    /// Selects those of a product.
    #[must_use]
    pub fn product_id(self, id: ProductId) -> Self {
        self.set("product_id", id.get())
    }

    /// Selects those in a warehouse.
    #[must_use]
    pub fn warehouse_id(self, id: WarehouseId) -> Self {
        self.set("warehouse_id", id.get())
    }

    /// Selects those of one day. There is no filter for a range of days.
    #[must_use]
    pub fn movement_date(self, day: Date) -> Self {
        self.set("movement_date", day.to_string())
    }

    fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    pub(crate) fn into_params(self) -> Map<String, Value> {
        self.0
    }
}

impl fmt::Debug for StockQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
