use std::collections::BTreeMap;

use super::link::{Link, LinkField};
use super::mapping::Mapper;
use super::merge::FieldState;
use super::record::Fingerprint;

/// The fields of a mapping by position, and what tells whether a stored link still speaks of the same ones.
#[derive(Debug)]
pub(super) struct Schema {
    fields: Vec<(String, Fingerprint)>,
}

impl Schema {
    pub(super) fn of(mapper: &dyn Mapper) -> Self {
        let names =
            (0..mapper.rules().fields.len()).map(|at| (mapper.name(at).to_owned(), mapper.fingerprint(at)));
        Self { fields: names.collect() }
    }

    /// The fields and their definitions, in the order of their names.
    pub(super) fn definitions(&self) -> BTreeMap<&str, &Fingerprint> {
        self.fields.iter().map(|(name, definition)| (name.as_str(), definition)).collect()
    }

    /// What the link knows of each field, by position. A field whose definition has changed meets for the first time.
    pub(super) fn states(&self, link: &Link) -> Vec<FieldState> {
        self.known(link).map(|state| state.cloned().unwrap_or_default()).collect()
    }

    /// The same, `None` for a field that meets for the first time.
    pub(super) fn known<'a>(&'a self, link: &'a Link) -> impl Iterator<Item = Option<&'a FieldState>> {
        self.fields.iter().enumerate().map(|(position, (name, definition))| {
            // Stored in this order, unless the mapping has changed.
            let at_home = link.fields.get(position).filter(|field| field.name == *name);
            let found = at_home.or_else(|| link.fields.iter().find(|field| field.name == *name))?;
            (found.definition == *definition).then_some(&found.state)
        })
    }

    /// Notes what is known of each field in the link.
    pub(super) fn store(&self, states: Vec<FieldState>, link: &mut Link) {
        let fields = self.fields.iter().zip(states);
        let known = fields.filter(|(_, state)| *state != FieldState::default());
        link.fields = known
            .map(|((name, definition), state)| LinkField {
                name: name.clone(),
                definition: definition.clone(),
                state,
            })
            .collect();
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Agreed, LinkId, Mapping, RecordId, RecordRef, Side};
    use super::*;

    fn mapping(version: u32, turned: bool) -> Mapping {
        let mut builder = Mapping::builder();
        let names = if turned { ["b", "a"] } else { ["a", "b"] };
        for name in names {
            builder = builder
                .field(name, |f| f.left(name).right(name).version(if name == "a" { version } else { 0 }));
        }
        builder.build().unwrap()
    }

    #[test]
    fn a_changed_definition_forgets_that_field_alone() {
        let mut link = Link::new(LinkId::new("l"), Side::Left, RecordRef::top(RecordId::new("1")));
        let agreed = |text: &str| {
            let mut state = FieldState::default();
            state.agreed.left = Some(Agreed::Text(text.to_owned()));
            state
        };
        Schema::of(&mapping(0, false)).store(vec![agreed("x"), agreed("y")], &mut link);
        assert_eq!(Schema::of(&mapping(0, false)).states(&link), [agreed("x"), agreed("y")]);
        assert_eq!(
            Schema::of(&mapping(0, true)).states(&link),
            [agreed("y"), agreed("x")],
            "in another order"
        );
        assert_eq!(Schema::of(&mapping(1, false)).states(&link), [FieldState::default(), agreed("y")]);
    }
}
