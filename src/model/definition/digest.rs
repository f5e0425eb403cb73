//! The digest of a document's content: equal for equal content, whatever the order of its keys.

use aws_lc_rs::digest::Context;
use aws_lc_rs::digest::SHA256;
use serde_json::Value;

use crate::model::names::hex;

/// `sha256:<hex>` over the JSON text with sorted keys and no white space.
#[must_use]
pub fn digest(document: &Value) -> String {
    let mut context = Context::new(&SHA256);
    feed(&mut context, document);
    format!("sha256:{}", hex(context.finish().as_ref()))
}

fn feed(context: &mut Context, value: &Value) {
    match value {
        Value::Array(items) => {
            context.update(b"[");
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    context.update(b",");
                }
                feed(context, item);
            }
            context.update(b"]");
        }
        Value::Object(entries) => {
            let mut sorted: Vec<_> = entries.iter().collect();
            sorted.sort_unstable_by_key(|(key, _)| *key);
            context.update(b"{");
            for (at, (key, item)) in sorted.into_iter().enumerate() {
                if at > 0 {
                    context.update(b",");
                }
                context.update(Value::from(key.as_str()).to_string().as_bytes());
                context.update(b":");
                feed(context, item);
            }
            context.update(b"}");
        }
        scalar => context.update(scalar.to_string().as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::digest;

    #[test]
    fn the_order_of_keys_does_not_count_and_everything_else_does() {
        assert_eq!(digest(&json!({"a": 1, "b": [true]})), digest(&json!({"b": [true], "a": 1})));
        assert_ne!(digest(&json!({"a": 1})), digest(&json!({"a": "1"})));
        assert_ne!(digest(&json!(["a", "b"])), digest(&json!(["b", "a"])));
        // sha256 of `{}`
        assert_eq!(digest(&json!({})), "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    }
}
