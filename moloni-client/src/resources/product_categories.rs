use std::collections::{HashSet, VecDeque};

use super::entity::{handle, one, operations, writes};
use crate::types::ProductCategory;
use crate::{CategoryId, Error};

handle! {
    /// The categories of the catalogue.
    ProductCategories as product_categories
}

one! { ProductCategories("productCategories") of ProductCategory, CategoryId = "category_id" }
writes! { ProductCategories("productCategories") of NewProductCategory, CategoryId = "category_id" }

impl ProductCategories<'_> {
    /// Lists the categories that are directly in `parent`, or at the root.
    ///
    /// `POST /productCategories/getAll/`, a read of one level. Not paged, as far as is known. [`walk`](Self::walk)
    /// reads all levels.
    ///
    /// # Errors
    ///
    /// [`Error`] of any kind but `NotFound`; `Request` if no company is set.
    pub async fn get_all(self, parent: Option<CategoryId>) -> Result<Vec<ProductCategory>, Error> {
        operations! { "productCategories": GET_ALL = "getAll" read; }
        let mut params = self.client.company_params(&GET_ALL)?;
        params.insert("parent_id".to_owned(), parent.map_or(0, CategoryId::get).into());
        self.client.rows(&GET_ALL, params).await
    }

    /// Lists the categories of all levels, each after the one that it is in, and each once.
    ///
    /// A [`get_all`](Self::get_all) for the root and one for each category, one after another: the service lists one
    /// level only, and has no count. A category that somebody moves meanwhile may be missed.
    ///
    /// # Errors
    ///
    /// As [`get_all`](Self::get_all).
    pub async fn walk(self) -> Result<Vec<ProductCategory>, Error> {
        let (mut all, mut seen) = (Vec::new(), HashSet::new());
        let mut waiting = VecDeque::from([None]);
        while let Some(parent) = waiting.pop_front() {
            for category in self.get_all(parent).await? {
                // A category that is in itself, or was moved while this ran, must not be walked again.
                if seen.insert(category.category_id) {
                    waiting.push_back(Some(category.category_id));
                    all.push(category);
                }
            }
        }
        Ok(all)
    }
}
