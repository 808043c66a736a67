use super::record::record;

record! {
    /// A category of products. Categories are a tree: each is at the root or in another.
    read ProductCategory, key category_id: CategoryId;
    /// A category to insert, or what to replace one by. It is at the root unless
    /// [`parent_id`](NewProductCategory::parent_id) says otherwise.
    write NewProductCategory;
    /// Its name.
    needs text name;
    /// The category that it is in; none at the root.
    sends id(CategoryId) parent_id;
    /// What it is.
    sends text description;
    /// Whether points of sale show it.
    sends flag pos_enabled;
    /// Where its picture is.
    shows text image;
}
