//! Two JSON values compared place by place, the way a person would point at the differences.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde_json::Map;
use serde_json::Value;

use crate::model::sync::plan::FieldChange;
use crate::model::sync::snapshot::sort_keys;

/// Longer texts are cut in a plan; the content that is written is whole.
const MAX_VALUE_CHARS: usize = 120;

/// Collects changed fields, at most `limit` of them.
pub(super) struct Differ {
    pub(super) fields: Vec<FieldChange>,
    pub(super) more: usize,
    limit: usize,
}

impl Differ {
    pub(super) fn new(limit: usize) -> Self {
        Self { fields: Vec::new(), more: 0, limit }
    }

    /// Notes the field when its sides differ.
    pub(super) fn field(&mut self, field: &str, old: Option<Value>, new: Option<Value>) {
        if old == new {
            return;
        }
        if self.fields.len() >= self.limit {
            self.more += 1;
            return;
        }
        let short = |value: Option<Value>| value.map(|value| shorten(&value));
        self.fields.push(FieldChange { field: field.to_owned(), old: short(old), new: short(new) });
    }

    /// Notes every place under `path` where the two differ.
    pub(super) fn values(&mut self, path: &str, old: &Value, new: &Value) {
        match (old, new) {
            (Value::Object(old), Value::Object(new)) => self.objects(path, old, new),
            (Value::Array(old), Value::Array(new)) => self.lists(path, old, new),
            _ => self.field(path, Some(old.clone()), Some(new.clone())),
        }
    }

    fn optional(&mut self, path: &str, old: Option<&Value>, new: Option<&Value>) {
        match (old, new) {
            (Some(old), Some(new)) => self.values(path, old, new),
            _ => self.field(path, old.cloned(), new.cloned()),
        }
    }

    fn objects(&mut self, path: &str, old: &Map<String, Value>, new: &Map<String, Value>) {
        let before = self.fields.len() + self.more;
        for (key, value) in old {
            self.optional(&format!("{path}.{key}"), Some(value), new.get(key));
        }
        for (key, value) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
            self.optional(&format!("{path}.{key}"), None, Some(value));
        }
        if before == self.fields.len() + self.more && !old.keys().eq(new.keys()) {
            self.order(path, old.keys(), new.keys());
        }
    }

    /// Steps and flows have names: an item put in front is one addition, not a change of all that follow.
    fn lists(&mut self, path: &str, old: &[Value], new: &[Value]) {
        let (Some(old_names), Some(new_names)) = (names(old), names(new)) else {
            for index in 0..old.len().max(new.len()) {
                self.optional(&format!("{path}[{index}]"), old.get(index), new.get(index));
            }
            return;
        };
        let by_name: BTreeMap<&str, &Value> = new_names.iter().copied().zip(new).collect();
        for (name, item) in old_names.iter().zip(old) {
            self.optional(&format!("{path}[{name}]"), Some(item), by_name.get(name).copied());
        }
        let known: BTreeSet<&str> = old_names.iter().copied().collect();
        for (name, item) in new_names.iter().zip(new).filter(|(name, _)| !known.contains(**name)) {
            self.optional(&format!("{path}[{name}]"), None, Some(item));
        }
        let kept_old = old_names.iter().filter(|name| by_name.contains_key(**name));
        let kept_new = new_names.iter().filter(|name| known.contains(**name));
        if !kept_old.eq(kept_new) {
            self.order(path, old_names.iter(), new_names.iter());
        }
    }

    fn order<T: AsRef<str>>(&mut self, path: &str, old: impl Iterator<Item = T>, new: impl Iterator<Item = T>) {
        let list = |items: Vec<T>| Some(Value::from(items.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(", ")));
        let (old, new) = (list(old.collect()), list(new.collect()));
        self.field(&format!("{path} (order)"), old, new);
    }
}

/// The names of the items, when every item has one and no two are equal.
fn names(items: &[Value]) -> Option<Vec<&str>> {
    let names: Vec<&str> = items
        .iter()
        .map(|item| item.get("key").or_else(|| item.get("name")).and_then(Value::as_str))
        .collect::<Option<_>>()?;
    let distinct: BTreeSet<&str> = names.iter().copied().collect();
    (distinct.len() == names.len()).then_some(names)
}

/// Long texts are cut, large structures told by their beginning.
pub(super) fn shorten(value: &Value) -> Value {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(_) | Value::Object(_) => sort_keys(value).to_string(),
        scalar => return scalar.clone(),
    };
    let length = text.chars().count();
    if length <= MAX_VALUE_CHARS {
        // Sorted, because the plan's hash is taken of it.
        return sort_keys(value);
    }
    let start: String = text.chars().take(MAX_VALUE_CHARS).collect();
    Value::from(format!("{start}… ({length} characters)"))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use serde_json::json;

    use super::Differ;

    fn told(old: &Value, new: &Value) -> String {
        let mut differ = Differ::new(5);
        differ.values("definition", old, new);
        let lines = differ.fields.iter().map(|f| {
            let side = |v: &Option<Value>| v.as_ref().map_or_else(|| "-".to_owned(), Value::to_string);
            format!("{}: {} -> {}", f.field, side(&f.old), side(&f.new))
        });
        let mut lines: Vec<String> = lines.collect();
        if differ.more > 0 {
            lines.push(format!("and {} more", differ.more));
        }
        lines.join("\n")
    }

    #[test]
    fn named_items_are_compared_by_name() {
        let old = json!({"flows": [{"name": "Main", "steps": [{"name": "A", "x": 1}, {"name": "B"}]}]});
        let new =
            json!({"flows": [{"name": "Main", "steps": [{"name": "New"}, {"name": "A", "x": 2}, {"name": "B"}]}]});
        insta::assert_snapshot!(told(&old, &new), @r#"
        definition.flows[Main].steps[A].x: 1 -> 2
        definition.flows[Main].steps[New]: - -> {"name":"New"}
        "#);
    }

    #[test]
    fn order_is_a_difference_of_its_own() {
        let (a, b) = (json!({"name": "A"}), json!({"name": "B"}));
        insta::assert_snapshot!(told(&json!([a, b]), &json!([b, a])), @r#"definition (order): "A, B" -> "B, A""#);
        insta::assert_snapshot!(told(&json!({"a": 1, "b": 2}), &json!({"b": 2, "a": 1})), @r#"definition (order): "a, b" -> "b, a""#);
    }

    #[test]
    fn long_lists_of_changes_and_long_values_are_cut() {
        let old: Vec<u32> = (0..9).collect();
        let new: Vec<u32> = (1..10).collect();
        let told_all = told(&json!(old), &json!(new));
        assert!(told_all.ends_with("and 4 more"), "{told_all}");
        let long = "x".repeat(500);
        assert!(told(&json!(""), &json!(long)).ends_with("… (500 characters)\""));
    }
}
