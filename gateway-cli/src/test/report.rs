//! What came of a run, as JSON. The keys are a stable interface.

use serde_json::{Value, json};

use super::{Outcome, Run, Tested};
use crate::test::coverage::{Count, Coverage};
use gateway_model::ObjectKey;

/// The whole run in one object.
pub(super) fn to_json(run: &Run<'_>) -> Value {
    json!({
        "cases": run.tested.iter().map(case).collect::<Vec<_>>(),
        "summary": {
            "total": run.tested.len(),
            "passed": run.count(Outcome::is_passed),
            "failed": run.count(Outcome::is_failed),
            "errors": run.count(Outcome::is_error),
        },
        "coverage": coverage(&run.coverage, run.min_coverage),
    })
}

fn case(tested: &Tested) -> Value {
    let case = &tested.case;
    let mut object = json!({
        "name": case.name,
        "file": case.file,
        "line": case.line,
        "result": tested.outcome.as_str(),
    });
    let request = case.content.as_ref().ok().map(|content| &content.asked);
    let more = match &tested.outcome {
        Outcome::Passed { decision } => json!({"request": request, "decision": decision}),
        Outcome::Failed { decision, differences, summary, .. } => {
            let differences: Vec<_> = differences
                .iter()
                .map(|difference| {
                    json!({"path": difference.path, "expected": difference.expected, "actual": difference.found})
                })
                .collect();
            json!({"request": request, "differences": differences, "answer": summary, "decision": decision})
        }
        Outcome::Error(problems) => json!({"request": request, "error": problems.join("; ")}),
    };
    if let (Value::Object(object), Value::Object(more)) = (&mut object, more) {
        object.extend(more);
    }
    object
}

fn coverage(coverage: &Coverage, minimum: Option<f64>) -> Value {
    let all = coverage.all();
    let listeners: Vec<_> = coverage
        .listeners
        .iter()
        .map(|((parent, name), listener)| json!({"parent": key(parent), "name": name, "reached": listener.reached}))
        .collect();
    let routes: Vec<_> = coverage
        .routes
        .iter()
        .map(|(route, rules)| {
            let rules: Vec<_> = rules
                .iter()
                .map(|(index, rule)| {
                    json!({"rule": index, "ruleName": rule.name, "reached": rule.is_reached(), "matches": rule.matches})
                })
                .collect();
            json!({"route": key(route), "rules": rules})
        })
        .collect();
    json!({
        "percent": all.percent(),
        "minimum": minimum,
        "sufficient": minimum.map(|minimum| all.is_at_least(minimum)),
        "total": count(all),
        "byKind": {
            "listeners": count(coverage.listeners()),
            "rules": count(coverage.rules()),
            "matches": count(coverage.matches()),
        },
        "listeners": listeners,
        "routes": routes,
    })
}

fn count(count: Count) -> Value {
    json!({"reached": count.reached, "of": count.total})
}

fn key(key: &ObjectKey) -> Value {
    json!({"kind": key.kind.as_str(), "namespace": &*key.namespace, "name": &*key.name})
}
