use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::known::RowDigest;
use super::link::{Link, LinkField, LinkId};
use super::mapping::{Fields, Mapper};
use super::merge::{FieldState, Parked};
use super::privacy::is_hidden;
use super::record::Fingerprint;
use super::value::{Agreed, FieldValue, Pair};
use crate::privacy::PrivacyKey;

/// The fields of a mapping by position, and what tells whether a stored link still speaks of the same ones.
#[derive(Debug)]
pub(super) struct Schema {
    fields: Vec<Field>,
    /// Of the hashes that are kept instead of values.
    key: Option<Arc<PrivacyKey>>,
    /// How the fields are defined and kept, in their order: on that depends what a row means to a link.
    reading: Fingerprint,
}

#[derive(Debug, Clone)]
struct Field {
    name: String,
    definition: Fingerprint,
    /// The definition under which it is stored. It depends on the key: under another one, and without any, the field
    /// meets for the first time again.
    kept: Fingerprint,
}

impl Schema {
    pub(super) fn of(mapper: &dyn Mapper, key: Option<Arc<PrivacyKey>>) -> Self {
        let field = |at| {
            let definition = mapper.fingerprint(at);
            let hashed = |key: &Arc<PrivacyKey>| Fingerprint::of(&(&definition, key.id()));
            let kept = key.as_ref().map_or_else(|| definition.clone(), hashed);
            Field { name: mapper.name(at).to_owned(), definition, kept }
        };
        let fields: Vec<Field> = (0..mapper.rules().fields.len()).map(field).collect();
        let reading: Vec<_> = fields.iter().map(|field| (&field.name, &field.kept)).collect();
        Self { reading: Fingerprint::of(&reading), fields, key }
    }

    /// Whether values are stored, and not their hashes alone.
    pub(super) fn keeps_values(&self) -> bool {
        self.key.is_none()
    }

    /// Whether a link is stored as it would be now.
    pub(super) fn is_kept(&self, link: &Link) -> bool {
        let digests = [link.sought.as_ref(), link.refused.as_ref().map(|refusal| &refusal.sent)];
        self.keeps_values()
            || link.fields.iter().all(|field| self.fields.iter().any(|known| known.kept == field.definition))
                && digests.into_iter().flatten().all(|digest| is_hidden(digest.as_str()))
    }

    /// Tells two states of something in a link apart.
    pub(super) fn digest(&self, link: &LinkId, value: &impl Serialize) -> Fingerprint {
        let mut digest = Fingerprint::of(value);
        self.hide_digest(link, &mut digest);
        digest
    }

    /// Tells apart what two rows show. In privacy mode it says nothing to who has not got the key.
    pub(super) fn digest_row(&self, row: &[u8]) -> RowDigest {
        let hash = match &self.key {
            None => Sha256::new().chain_update(self.reading.as_str()).chain_update(row).finalize(),
            Some(key) => key.mac(&[self.reading.as_str().as_bytes(), row].concat()),
        };
        RowDigest::from_bits(hash.first_chunk().map_or(0, |bytes| u128::from_be_bytes(*bytes)))
    }

    /// What is stored of a digest: without a key it would tell values to whoever tries all.
    pub(super) fn hide_digest(&self, link: &LinkId, digest: &mut Fingerprint) {
        if let Some(key) = self.key.as_ref().filter(|_| !is_hidden(digest.as_str())) {
            *digest = Fingerprint::keyed(key.hash(link, "", digest.as_str()));
        }
    }

    /// Tells apart what waits for a person in a field, whether it is known or hidden.
    pub(super) fn digest_parked(
        &self,
        link: &LinkId,
        position: usize,
        values: &Pair<FieldValue>,
    ) -> Fingerprint {
        let mut values = values.clone();
        if let (Some(key), Some(field)) = (&self.key, self.fields.get(position)) {
            key.hide_value(link, &field.name, &mut values.left);
            key.hide_value(link, &field.name, &mut values.right);
        }
        self.digest(link, &values)
    }

    /// The same of a field as it is stored, `None` if it waits for nobody.
    pub(super) fn digest_of_parked(&self, link: &Link, field: &str) -> Option<Fingerprint> {
        let position = self.fields.iter().position(|known| known.name == field)?;
        let parked = self.known(link).nth(position)??.parked.as_ref()?;
        Some(self.digest_parked(&link.id, position, &parked.values))
    }

    fn digests(link: &mut Link) -> impl Iterator<Item = &mut Fingerprint> {
        let refused = link.refused.as_mut().map(|refusal| &mut refusal.sent);
        link.sought.iter_mut().chain(refused)
    }

    /// The fields and the definitions under which they are stored, in the order of their names.
    pub(super) fn definitions(&self) -> BTreeMap<&str, &Fingerprint> {
        self.fields.iter().map(|field| (field.name.as_str(), &field.kept)).collect()
    }

    /// The same as they would be without a key.
    pub(super) fn plain_definitions(&self) -> BTreeMap<&str, &Fingerprint> {
        self.fields.iter().map(|field| (field.name.as_str(), &field.definition)).collect()
    }

    /// What the link knows of each field, by position. A field whose definition has changed meets for the first time.
    pub(super) fn states(&self, link: &Link) -> Vec<FieldState> {
        self.known(link).map(|state| state.cloned().unwrap_or_default()).collect()
    }

    /// The same, `None` for a field that meets for the first time.
    pub(super) fn known<'a>(&'a self, link: &'a Link) -> impl Iterator<Item = Option<&'a FieldState>> {
        self.fields.iter().enumerate().map(|(position, Field { name, definition, kept })| {
            // Stored in this order, unless the mapping has changed.
            let at_home = link.fields.get(position).filter(|field| field.name == *name);
            let found = at_home.or_else(|| link.fields.iter().find(|field| field.name == *name))?;
            // Stored before there was a key, it is hidden when the link is stored next.
            (found.definition == *kept || found.definition == *definition).then_some(&found.state)
        })
    }

    /// The same once a side was seen: values that it shows are not hidden any more.
    pub(super) fn states_by(&self, link: &Link, seen: &[&Fields]) -> Vec<FieldState> {
        let mut states = self.states(link);
        self.reveal(&link.id, &mut states, seen);
        states
    }

    /// Takes what was seen for the hashes that stand for it.
    pub(super) fn reveal(&self, link: &LinkId, states: &mut [FieldState], seen: &[&Fields]) {
        let Some(key) = &self.key else { return };
        for (position, (field, state)) in self.fields.iter().zip(states).enumerate() {
            for seen in seen {
                key.reveal(link, &field.name, state, seen.get(position));
            }
        }
    }

    /// The same for a value that a person names.
    pub(super) fn reveal_parked(
        &self,
        link: &LinkId,
        position: usize,
        parked: &mut Parked,
        named: &FieldValue,
    ) {
        if let (Some(key), Some(field)) = (&self.key, self.fields.get(position)) {
            key.reveal_parked(link, &field.name, parked, named);
        }
    }

    /// Whether two agreements on a field are the same, hidden or not.
    pub(super) fn is_same(&self, link: &LinkId, position: usize, one: &Agreed, other: &Agreed) -> bool {
        let (Some(key), Some(field)) = (&self.key, self.fields.get(position)) else { return one == other };
        let hidden = |agreed: &Agreed| {
            let mut agreed = agreed.clone();
            key.hide_agreed(link, &field.name, &mut agreed);
            agreed
        };
        hidden(one) == hidden(other)
    }

    /// Notes what is known of each field in the link.
    pub(super) fn store(&self, states: Vec<FieldState>, link: &mut Link) {
        let fields = self.fields.iter().zip(states);
        let known = fields.filter(|(_, state)| *state != FieldState::default());
        let field = |(Field { name, kept, .. }, mut state): (&Field, FieldState)| {
            if let Some(key) = &self.key {
                key.hide(&link.id, name, &mut state);
            }
            LinkField { name: name.clone(), definition: kept.clone(), state }
        };
        link.fields = known.map(field).collect();
        let id = link.id.clone();
        Self::digests(link).for_each(|digest| self.hide_digest(&id, digest));
        if self.key.is_some() && !link.is_live() {
            // Nobody asks any more, and what was not seen back would stay for ever.
            link.fields.clear();
        }
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
        Schema::of(&mapping(0, false), None).store(vec![agreed("x"), agreed("y")], &mut link);
        assert_eq!(Schema::of(&mapping(0, false), None).states(&link), [agreed("x"), agreed("y")]);
        assert_eq!(
            Schema::of(&mapping(0, true), None).states(&link),
            [agreed("y"), agreed("x")],
            "in another order"
        );
        assert_eq!(Schema::of(&mapping(1, false), None).states(&link), [FieldState::default(), agreed("y")]);
    }
}
