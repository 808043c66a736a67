use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::entity::{operations, searches, writes};
use super::{found, since};
use crate::types::Product;
use crate::value::text;
use crate::{CategoryId, Client, Error, Listing, ProductId, SupplierId};

operations! { "products":
    COUNT = "count" read;
    GET_ALL = "getAll" read;
    GET_ONE = "getOne" read;
    GET_BY_SEARCH = "getBySearch" read;
    COUNT_BY_SEARCH = "countBySearch" read;
    GET_MODIFIED_SINCE = "getModifiedSince" read;
    COUNT_MODIFIED_SINCE = "countModifiedSince" read;
    GET_LAST_COST_PRICE = "getLastCostPrice" read;
    GET_NEXT_REFERENCE = "getNextReference" read;
}

/// The company's catalogue. From [`Client::products`]. See
/// [the service's documentation](https://www.moloni.pt/dev/products/products/).
///
/// Hidden products are in no list, and [`get_one`](Self::get_one) finds them.
#[derive(Debug, Clone, Copy)]
pub struct Products<'a> {
    pub(crate) client: &'a Client,
}

impl Products<'_> {
    /// Counts the products of a category, or all.
    ///
    /// `POST /products/count/`, a read. The category is documented as mandatory, and is not.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`; `Request` if no company is set.
    pub async fn count(self, category: Option<CategoryId>) -> Result<u64, Error> {
        let mut params = self.client.company_params(&COUNT)?;
        params.extend(of_category(category));
        self.client.counted(&COUNT, params).await
    }

    /// Lists the products of a category, or all, newest first.
    ///
    /// `POST /products/getAll/`, a read, in pages of 50. The category is documented as mandatory, and is not.
    pub fn get_all(self, category: Option<CategoryId>) -> Listing<Product> {
        Listing::new(self.client.clone(), &GET_ALL, of_category(category), id)
    }

    /// Reads one product, hidden or not.
    ///
    /// `POST /products/getOne/`, a read, with `with_invisible`. The service answers a missing record with `[]`.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind; `NotFound` if there is no such product, `Request` if no company is set.
    pub async fn get_one(self, id: ProductId) -> Result<Product, Error> {
        let mut params = self.client.company_params(&GET_ONE)?;
        params.insert("product_id".to_owned(), id.get().into());
        params.insert("with_invisible".to_owned(), 1.into());
        self.client.one(&GET_ONE, params).await
    }

    /// Like [`get_one`](Self::get_one), `None` if there is no such product.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`.
    pub async fn find_one(self, id: ProductId) -> Result<Option<Product>, Error> {
        found(self.get_one(id).await)
    }

    /// Lists the products that have a text anywhere in name, reference or barcode.
    ///
    /// `POST /products/getBySearch/`, a read, in pages of 50.
    pub fn get_by_search(self, text: impl Into<String>) -> Listing<Product> {
        let params = Map::from_iter([("search".to_owned(), text.into().into())]);
        Listing::new(self.client.clone(), &GET_BY_SEARCH, params, id)
    }

    /// Counts what [`get_by_search`](Self::get_by_search) lists.
    ///
    /// `POST /products/countBySearch/`, a read.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`; `Request` if no company is set.
    pub async fn count_by_search(self, text: impl Into<String>) -> Result<u64, Error> {
        let mut params = self.client.company_params(&COUNT_BY_SEARCH)?;
        params.insert("search".to_owned(), text.into().into());
        self.client.counted(&COUNT_BY_SEARCH, params).await
    }

    /// Lists the products that were created or changed since a moment.
    ///
    /// `POST /products/getModifiedSince/`, a read, in pages of 50. Rows do not say when they changed, and deletions
    /// do not appear. It is not documented in which time zone the service reads the moment: it is sent in UTC, as
    /// Moloni's own plugins do, so ask with an overlap of two hours.
    pub fn get_modified_since(self, moment: Timestamp) -> Listing<Product> {
        Listing::new(self.client.clone(), &GET_MODIFIED_SINCE, since(Map::new(), moment), id)
    }

    /// Counts what [`get_modified_since`](Self::get_modified_since) lists.
    ///
    /// `POST /products/countModifiedSince/`, a read.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`; `Request` if no company is set.
    pub async fn count_modified_since(self, moment: Timestamp) -> Result<u64, Error> {
        let params = self.client.company_params(&COUNT_MODIFIED_SINCE)?;
        self.client.counted(&COUNT_MODIFIED_SINCE, since(params, moment)).await
    }

    /// Reads what a product last cost, according to the last movement into stock, from one supplier or any.
    ///
    /// `POST /products/getLastCostPrice/`, a read. The record is given as it is sent, because its fields are not
    /// known.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind; `NotFound` if the service answers `[]`, `Request` if no company is set.
    pub async fn get_last_cost_price(
        self,
        product: ProductId,
        supplier: Option<SupplierId>,
    ) -> Result<Map<String, Value>, Error> {
        let mut params = self.client.company_params(&GET_LAST_COST_PRICE)?;
        params.insert("product_id".to_owned(), product.get().into());
        params.extend(supplier.map(|id| ("supplier_id".to_owned(), id.get().into())));
        self.client.one(&GET_LAST_COST_PRICE, params).await
    }

    /// Asks for a reference that no product has. It reserves nothing.
    ///
    /// `POST /products/getNextReference/`, a read. The answer is taken to be of the form of
    /// [`Customers::get_next_number`](super::Customers::get_next_number)'s, with the key `reference`; none has been
    /// seen.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`; `Request` if no company is set.
    pub async fn get_next_reference(self) -> Result<String, Error> {
        let params = self.client.company_params(&GET_NEXT_REFERENCE)?;
        self.client.one::<Reference>(&GET_NEXT_REFERENCE, params).await.map(|answer| answer.reference)
    }
}

searches! { Products("products") of Product:
    /// Lists the products with a name.
    get_by_name = "getByName", count_by_name = "countByName", by name, equal by str::eq;
    /// Lists the products with a reference.
    get_by_reference = "getByReference", count_by_reference = "countByReference", by reference, equal by str::eq;
    /// Lists the products with a barcode.
    get_by_ean = "getByEAN", count_by_ean = "countByEAN", by ean, equal by str::eq;
}

writes! { Products("products") of NewProduct, ProductId = "product_id" }

/// A reference that a product may have.
#[derive(Debug, Deserialize)]
struct Reference {
    #[serde(deserialize_with = "text")]
    reference: String,
}

fn of_category(category: Option<CategoryId>) -> Map<String, Value> {
    category.map(|id| ("category_id".to_owned(), id.get().into())).into_iter().collect()
}

fn id(product: &Product) -> u64 {
    product.product_id.get()
}
