//! A person who answers what the engine asks, by chance.

use std::task::{Context, Poll, Waker};

use sync_core::engine::{Answer, AnswerKind, FieldValue, RecordId, RecordRef, Review, ReviewKind, Side};
use sync_core::queue::WorkKey;
use sync_core::store::Store;

use crate::history::{History, at_once};
use crate::ledger::token;
use crate::service::Record;

impl History {
    /// Answers one open question, as it is shown.
    pub(crate) fn answer(&mut self) {
        let open = at_once(self.store.reviews_page(None, usize::MAX)).unwrap();
        let open: Vec<_> = open.into_iter().filter(|review| review.answer.is_none()).collect();
        let Some(review) = self.answering.pick(&open).cloned() else { return };
        let Some(kind) = self.answering.pick(review.answers()).copied() else { return };
        let Some(answer) = self.choose(&review, kind) else { return };
        if let (WorkKey::Link(id), Answer::Delete) = (&review.about, &answer) {
            let link = at_once(self.store.link(id)).unwrap();
            let ends = link.map(|link| link.value.ends).unwrap_or_default();
            let mut state = self.world.lock();
            for (side, at) in [(Side::Left, ends.left), (Side::Right, ends.right)] {
                state.ledger.to_delete.extend(at.map(|at| (side, at.id.to_string())));
            }
        }
        if let (WorkKey::Link(id), Answer::Take(side)) = (&review.about, &answer) {
            // It may be older than what the other side has, and is wanted all the same.
            let link = at_once(self.store.link(id)).unwrap();
            let fields = link.map(|link| link.value.fields).unwrap_or_default();
            let field = fields.into_iter().find(|field| Some(&field.name) == review.field.as_ref());
            let values = field.and_then(|field| field.state.parked).map(|parked| parked.values);
            let value = values.and_then(|values| token(values[*side].text()?).map(str::to_owned));
            self.world.lock().ledger.put_back.extend(value);
        }
        let engine = self.engine();
        // Who gets an error tries once more.
        for _ in 0..3 {
            let mut told = std::pin::pin!(engine.resolve_shown(&review, answer.clone()));
            let mut context = Context::from_waker(Waker::noop());
            let done = (0..200).find_map(|_| match told.as_mut().poll(&mut context) {
                Poll::Ready(result) => Some(result),
                Poll::Pending => None,
            });
            if self.world.lock().trace {
                eprintln!("{:>7} ANSWER {} {answer}: {done:?}", self.world.lock().time, review.key);
            }
            if let Some(Ok(())) = done {
                self.world.lock().ledger.answers += 1;
                return;
            }
        }
    }

    fn choose(&mut self, review: &Review, kind: AnswerKind) -> Option<Answer> {
        let field = review.field.as_deref();
        let value = |state: &mut crate::world::State| match field {
            Some("email") => FieldValue::Text(format!("u{}@x.pt", state.ledger.fresh())),
            Some("tags") | None => FieldValue::Empty,
            Some(field) => FieldValue::Text(format!("u{}.{field}", state.ledger.fresh())),
        };
        Some(match kind {
            AnswerKind::Take => Answer::Take(if self.answering.half() { Side::Left } else { Side::Right }),
            AnswerKind::Value => Answer::Value(value(&mut self.world.lock())),
            AnswerKind::Unlink => Answer::Unlink,
            AnswerKind::Recreate => Answer::Recreate,
            AnswerKind::Delete => Answer::Delete,
            AnswerKind::Retry => Answer::Retry,
            // Who looks for a lost create finds it if it is there.
            AnswerKind::Pair | AnswerKind::Create | AnswerKind::Leave
                if review.kind == ReviewKind::Create =>
            {
                let WorkKey::Link(id) = &review.about else { return None };
                let state = self.world.lock();
                let made = [Side::Left, Side::Right].into_iter().find_map(|side| {
                    let mut records = state.services[side].records.iter();
                    let is_it = |record: &Record| record.created_for.as_deref() == Some(id.as_str());
                    records.find(|(_, record)| is_it(record)).map(|(id, _)| id.clone())
                });
                let not_there = if kind == AnswerKind::Leave { Answer::Leave } else { Answer::Create };
                made.map_or(not_there, |made| Answer::Pair(RecordRef::top(RecordId::new(made))))
            }
            AnswerKind::Leave => Answer::Leave,
            // Which is which, only somebody who knows them can tell.
            _ => return None,
        })
    }
}
