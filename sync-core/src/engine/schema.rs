use std::sync::Arc;

use serde::Serialize;

use super::link::{Link, LinkField, LinkId};
use super::mapping::{Fields, Mapper};
use super::merge::FieldState;
use super::privacy::is_hidden;
use super::record::Fingerprint;
use super::value::Agreed;
use crate::privacy::PrivacyKey;

/// The fields of a mapping by position, and what tells whether a stored link still speaks of the same ones.
#[derive(Debug, Clone)]
pub(super) struct Schema {
    fields: Vec<Field>,
    /// Of the hashes that are kept instead of values.
    key: Option<Arc<PrivacyKey>>,
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
        Self { fields: (0..mapper.rules().fields.len()).map(field).collect(), key }
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
        let digest = Fingerprint::of(value);
        match &self.key {
            Some(key) => Fingerprint::keyed(key.hash(link, "", digest.as_str())),
            None => digest,
        }
    }

    /// The digests in a link. Without a key they would tell values to whoever tries all.
    fn digests(link: &mut Link) -> impl Iterator<Item = &mut Fingerprint> {
        let refused = link.refused.as_mut().map(|refusal| &mut refusal.sent);
        link.sought.iter_mut().chain(refused)
    }

    /// What the link knows of each field, by position. A field whose definition has changed meets for the first time.
    pub(super) fn states(&self, link: &Link) -> Vec<FieldState> {
        let state = |(position, Field { name, definition, kept }): (usize, &Field)| {
            // Stored in this order, unless the mapping has changed.
            let at_home = link.fields.get(position).filter(|field| field.name == *name);
            let found = at_home.or_else(|| link.fields.iter().find(|field| field.name == *name))?;
            // Stored before there was a key, it is hidden when the link is stored next.
            (found.definition == *kept || found.definition == *definition).then(|| found.state.clone())
        };
        self.fields.iter().enumerate().map(|field| state(field).unwrap_or_default()).collect()
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
        let Some(key) = &self.key else { return };
        let id = link.id.clone();
        for digest in Self::digests(link).filter(|digest| !is_hidden(digest.as_str())) {
            *digest = Fingerprint::keyed(key.hash(&id, "", digest.as_str()));
        }
        if !link.is_live() {
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
