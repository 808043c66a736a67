use serde_json::json;
use sync_core::engine::{
    Answer, AnswerKind, Engine, FieldValue, Fingerprint, RecordId, RecordRef, Review, Side,
};

use super::Context;
use crate::cli::ReviewTask;
use crate::output::say;
use crate::{Ended, Result, words};

/// Lists, shows or answers what a person is asked.
pub(super) async fn review(context: &Context, task: ReviewTask) -> Result<Ended> {
    match task {
        ReviewTask::List => list(context).await,
        ReviewTask::Show { number } => {
            let bridge = context.only_pair()?.connect_quietly().await?;
            let review = numbered(bridge.engine(), &number).await?;
            show(context, bridge.engine(), &review).await?;
            Ok(Ended::Done)
        }
        ReviewTask::Resolve { number, answer } => {
            let answer = parse(&answer)?;
            let bridge = context.only_pair()?.connect_quietly().await?;
            let review = numbered(bridge.engine(), &number).await?;
            bridge.engine().resolve_shown(&review, answer).await?;
            context.print(&json!({ "answered": number }), || {
                say!("Answered. A running service acts on it at once; else the next `apply` does.");
            })?;
            Ok(Ended::Done)
        }
    }
}

async fn list(context: &Context) -> Result<Ended> {
    let mut ended = Ended::Done;
    for pair in context.pairs()? {
        let store = pair.state().await?.store();
        let reviews = open(store.as_ref()).await?;
        for review in &reviews {
            ended = Ended::Waits;
            let about = words::asked_about(store.as_ref(), &review.about).await?;
            let line = json!({ "pair": pair.name(), "number": number(review), "review": review });
            context.print(&line, || {
                let field = review.field.as_deref().map(|field| format!(", {field}")).unwrap_or_default();
                say!("{}  {about}{field}", number(review));
                say!("    {}", review.message);
            })?;
        }
        if !context.json {
            say!("{}: {} open", pair.name(), reviews.len());
        }
    }
    if ended == Ended::Waits && !context.json {
        say!("To look at one and see its answers: sync-service review show NUMBER");
    }
    Ok(ended)
}

async fn show(context: &Context, engine: &Engine, review: &Review) -> Result<()> {
    let values = engine.question(&review.key).await?.and_then(|question| question.values);
    let both = values.map(|both| (shown(&both.left), shown(&both.right)));
    let about = words::asked_about(engine.store().as_ref(), &review.about).await?;
    let answers = typed(review);
    let takes: Vec<_> = answers.iter().map(|(answer, _)| *answer).collect();
    let values = both.as_ref().map(|(moloni, ghl)| json!({ "moloni": moloni, "ghl": ghl }));
    let number = number(review);
    let line = json!({ "number": number, "review": review, "values": values, "answers": takes });
    context.print(&line, || {
        let field = review.field.as_deref().map(|field| format!(", {field}")).unwrap_or_default();
        say!("{number}  {about}{field}");
        say!("    {}", review.message);
        say!("    Asked since {}.", review.opened_at.strftime("%Y-%m-%d %H:%M UTC"));
        if let Some((moloni, ghl)) = &both {
            // Quoted, because a person may have written anything.
            let quoted =
                |value: &Option<String>| value.as_ref().map_or("nothing".to_owned(), |v| format!("{v:?}"));
            say!("    Moloni:     {}", quoted(moloni));
            say!("    HighLevel:  {}", quoted(ghl));
        }
        say!("Answers:");
        for (answer, does) in &answers {
            say!("    {answer:<11} {does}");
        }
        if takes.contains(&APPROVE) {
            return;
        }
        say!("To answer: sync-service review resolve {number} ANSWER");
    })
}

/// What a side has, `None` if that is nothing.
fn shown(value: &FieldValue) -> Option<String> {
    match value {
        FieldValue::Unknown | FieldValue::Empty => None,
        FieldValue::Text(text) => Some(text.clone()),
        FieldValue::Set(members) => Some(members.iter().map(String::as_str).collect::<Vec<_>>().join(", ")),
    }
}

/// How a plan is approved of: not without having looked at it.
const APPROVE: &str = "apply --approve PLAN";

/// What a person types for each answer that a question takes, and what it does.
fn typed(review: &Review) -> Vec<(&'static str, &'static str)> {
    let one = |kind: &AnswerKind| match kind {
        AnswerKind::Take => {
            vec![("moloni", "Moloni's value goes to HighLevel"), ("ghl", "HighLevel's value goes to Moloni")]
        }
        AnswerKind::Value => vec![("value=TEXT", "both get this value")],
        AnswerKind::Pair => vec![("pair=ID", "this record of the other service is the same one")],
        AnswerKind::Create => vec![("create", "none is the same: create one")],
        AnswerKind::Leave => vec![("leave", "it stays as it is; asked again when it changes")],
        AnswerKind::Unlink => vec![("unlink", "the two have nothing to do with each other any more")],
        AnswerKind::Recreate => vec![("recreate", "create what was deleted again")],
        AnswerKind::Delete => vec![("delete", "delete the other one too")],
        AnswerKind::Retry => vec![("retry", "try it again")],
        AnswerKind::Approve => vec![(APPROVE, "do it; `plan` shows it, and its id")],
        _ => Vec::new(),
    };
    review.answers().iter().flat_map(one).collect()
}

/// All that nobody has answered yet.
pub(super) async fn open(store: &dyn sync_core::store::Store) -> Result<Vec<Review>> {
    let mut all: Vec<Review> = Vec::new();
    let mut after = None;
    loop {
        let page = store.reviews_page(after.as_ref(), 500).await?;
        let Some(last) = page.last() else { return Ok(all) };
        after = Some(last.key.clone());
        all.extend(page.into_iter().filter(|review| review.answer.is_none()));
    }
}

async fn numbered(engine: &Engine, wanted: &str) -> Result<Review> {
    let all = open(engine.store().as_ref()).await?;
    let found = all.into_iter().find(|review| number(review) == wanted);
    found.ok_or_else(|| format!("there is no question {wanted}: `review list` shows the open ones").into())
}

/// What a person types for a question: the same as long as it is asked.
fn number(review: &Review) -> String {
    Fingerprint::of(&review.key).as_str().chars().take(8).collect()
}

fn parse(answer: &str) -> Result<Answer> {
    Ok(match answer {
        "moloni" => Answer::Take(Side::Left),
        "ghl" => Answer::Take(Side::Right),
        "leave" => Answer::Leave,
        "create" => Answer::Create,
        "retry" => Answer::Retry,
        "unlink" => Answer::Unlink,
        "recreate" => Answer::Recreate,
        "delete" => Answer::Delete,
        other => match other.split_once('=') {
            Some(("pair", id)) => Answer::Pair(RecordRef::top(RecordId::new(id))),
            Some(("value", text)) => Answer::Value(FieldValue::Text(text.to_owned())),
            _ => return Err(format!("{other} is no answer: see `sync-service review resolve --help`").into()),
        },
    })
}
