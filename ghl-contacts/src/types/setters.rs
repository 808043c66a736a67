//! Setters of what is written, all of one form.

/// Makes setters that take anything which becomes the value of the field of their name, there or in `fields`.
macro_rules! setters {
    ([] $value:ty: $($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, $name: impl Into<$value>) -> Self {
            self.$name = $name.into().into();
            self
        }
    )*};
    ([fields] $value:ty: $($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[must_use]
        pub fn $name(mut self, $name: impl Into<$value>) -> Self {
            self.fields.$name = $name.into().into();
            self
        }
    )*};
}
pub(super) use setters;
