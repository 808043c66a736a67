use std::error::Error;

use sync_core::engine::{Answer, Engine, FieldValue, Fingerprint, RecordId, RecordRef, Review, Side};

/// Prints every question, what can be answered, and what both sides have.
pub(crate) async fn show(engine: &Engine) -> Result<(), Box<dyn Error>> {
    let (questions, sides) = (all(engine).await?, engine.sides());
    for review in &questions {
        let field = review.field.as_deref().map(|field| format!(", {field}")).unwrap_or_default();
        println!("{}  {}{field}: {}", number(review), sides.about(&review.about), review.message);
        if let Some(values) = engine.question(&review.key).await?.and_then(|question| question.values) {
            let has = |side| format!("{} has {}", sides.word(side), shown(&values[side]));
            println!("          {}, {}", has(Side::Left), has(Side::Right));
        }
        let answers: Vec<_> = review.answers().iter().map(ToString::to_string).collect();
        println!("          answers: {}", answers.join(", "));
    }
    match questions.len() {
        1 => println!("1 question"),
        many => println!("{many} questions"),
    }
    Ok(())
}

/// A value, quoted, because a person may have written anything.
fn shown(value: &FieldValue) -> String {
    match value {
        FieldValue::Text(text) => format!("{text:?}"),
        FieldValue::Set(members) => {
            members.iter().map(|member| format!("{member:?}")).collect::<Vec<_>>().join(" ")
        }
        FieldValue::Empty | FieldValue::Unknown => "nothing".to_owned(),
    }
}

/// Answers one. The process that syncs does what was answered.
pub(crate) async fn resolve(engine: &Engine, question: &str, answer: &str) -> Result<(), Box<dyn Error>> {
    let answer = match answer {
        "moloni" => Answer::Take(Side::Left),
        "ghl" => Answer::Take(Side::Right),
        "leave" => Answer::Leave,
        "create" => Answer::Create,
        "retry" => Answer::Retry,
        "unlink" => Answer::Unlink,
        "recreate" => Answer::Recreate,
        other => match other.strip_prefix("pair=") {
            Some(id) => Answer::Pair(RecordRef::top(RecordId::new(id))),
            None => return Err(format!("{other} is no answer: see --help").into()),
        },
    };
    let mut questions = all(engine).await?;
    questions.retain(|review| number(review) == question);
    let Some(review) = questions.first() else {
        return Err(format!("there is no question {question}").into());
    };
    engine.resolve_shown(review, answer).await?;
    println!("answered");
    Ok(())
}

async fn all(engine: &Engine) -> Result<Vec<Review>, Box<dyn Error>> {
    let mut all: Vec<Review> = Vec::new();
    loop {
        let page = engine.inbox(None, all.last().map(|review| &review.key), 100).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

/// What a person types for a question: the same as long as it is asked.
fn number(review: &Review) -> String {
    Fingerprint::of(&review.key).as_str().chars().take(8).collect()
}
