use serde_json::{Map, Value};
use sync_core::http::Operation;

use super::Products;
use super::entity::operations;
use crate::client::Answered;
use crate::outcome::Expected;
use crate::types::{NewProduct, ProductImage};
use crate::{Client, Error, ProductId};

const KEY: &str = "product_id";

operations! { "products":
    INSERT = "insert" write;
    UPDATE = "update" write;
}

impl Products<'_> {
    /// Like [`insert`](Self::insert), with a picture.
    ///
    /// `POST /products/insert/`, a write, as `multipart/form-data` whatever the client's
    /// [encoding](crate::Encoding), so what [a form](crate::Encoding::Form) cannot say is left out. Uploads are not
    /// documented: others send the picture as the field `image`. Read [`image`](crate::types::Product::image)
    /// afterwards.
    ///
    /// # Errors
    ///
    /// As [`insert`](Self::insert).
    pub async fn insert_with_image(self, new: &NewProduct, image: &ProductImage) -> Result<ProductId, Error> {
        self.client.upload(&INSERT, new, Map::new(), image).await?.id(&INSERT, KEY)
    }

    /// Like [`update`](Self::update), with a picture in place of the one that is there. An update without one
    /// says nothing about pictures.
    ///
    /// `POST /products/update/`, a write, as [`insert_with_image`](Self::insert_with_image).
    ///
    /// # Errors
    ///
    /// As [`update`](Self::update).
    pub async fn update_with_image(
        self,
        id: ProductId,
        new: &NewProduct,
        image: &ProductImage,
    ) -> Result<(), Error> {
        let params = Map::from_iter([(KEY.to_owned(), id.get().into())]);
        self.client.upload(&UPDATE, new, params, image).await.map(drop)
    }
}

impl Client {
    async fn upload(
        &self,
        operation: &Operation,
        new: &NewProduct,
        params: Map<String, Value>,
        image: &ProductImage,
    ) -> Result<Answered, Error> {
        let params = self.write_params(operation, new, params)?;
        self.send_with(operation, Expected::Write, &params, Some(&image.file())).await
    }
}
