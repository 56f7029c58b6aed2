//! Conditions, found by type.

use gateway_model::{Condition, ConditionInfo, ConditionSubject, Timestamp};

use super::{MAX_CONDITIONS, MAX_MESSAGE};

/// Whether a type of condition is one that controllers write there.
pub(super) fn is_ours(subject: ConditionSubject, condition: &Condition) -> bool {
    ConditionInfo::find(subject, &condition.r#type).is_some_and(ConditionInfo::is_written)
}

/// What is stored with what is wanted in its place; see [`merge`](super::merge).
pub(super) fn merged(
    stored: &[Condition],
    desired: &[Condition],
    subject: ConditionSubject,
    now: &Timestamp,
) -> Vec<Condition> {
    let mut seen: Vec<&str> = Vec::new();
    let mut merged: Vec<Condition> = Vec::with_capacity(stored.len().max(desired.len()));
    for condition in stored {
        match desired.iter().find(|wanted| wanted.r#type == condition.r#type) {
            // A list that is a map has a type once; a second one is a remnant.
            Some(_) if seen.contains(&condition.r#type.as_str()) => {}
            Some(wanted) => {
                seen.push(&condition.r#type);
                merged.push(updated(condition, wanted, now));
            }
            None if is_ours(subject, condition) => {}
            None => merged.push(condition.clone()),
        }
    }
    let new = desired.iter().filter(|wanted| !stored.iter().any(|condition| condition.r#type == wanted.r#type));
    merged.extend(new.map(|wanted| Condition { last_transition_time: now.clone(), ..bounded(wanted) }));
    while merged.len() > MAX_CONDITIONS
        && let Some(last) = merged.iter().rposition(|condition| is_ours(subject, condition))
    {
        merged.remove(last);
    }
    merged
}

fn updated(stored: &Condition, wanted: &Condition, now: &Timestamp) -> Condition {
    let stays = stored.status == wanted.status && !stored.last_transition_time.as_str().is_empty();
    let time = if stays { &stored.last_transition_time } else { now };
    Condition { last_transition_time: time.clone(), ..bounded(wanted) }
}

/// The condition with its message cut to what an API server takes.
fn bounded(condition: &Condition) -> Condition {
    const MORE: &str = " ...";
    let mut condition = condition.clone();
    if condition.message.len() > MAX_MESSAGE {
        let mut end = MAX_MESSAGE - MORE.len();
        while !condition.message.is_char_boundary(end) {
            end -= 1;
        }
        condition.message.truncate(end);
        condition.message.push_str(MORE);
    }
    condition
}
