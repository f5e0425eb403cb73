//! What templates may call besides the blocks of Handlebars: icons, files with their digests, times, and marks.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::DateTime;
use handlebars::Context;
use handlebars::Handlebars;
use handlebars::Helper;
use handlebars::HelperResult;
use handlebars::Output;
use handlebars::RenderContext;
use handlebars::RenderErrorReason;
use handlebars::html_escape;

use crate::web::html::Static;

/// The address of each file with the first bytes of its digest, so that a changed file is another address.
static ADDRESSES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let address = |name: &str| {
        let digest = Static::get(name)?.metadata.sha256_hash();
        let tag: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        Some((name.to_owned(), format!("/static/{name}?{tag}")))
    };
    Static::iter().filter_map(|name| address(&name)).collect()
});

/// What a helper writes, in place of itself.
type Write = fn(&Helper<'_>) -> Result<String, RenderErrorReason>;

pub(super) fn register(templates: &mut Handlebars<'_>) {
    let helpers: [(&str, Write); 4] = [("asset", asset), ("icon", icon), ("time", time), ("mark", mark)];
    for (name, write) in helpers {
        let helper = move |helper: &Helper<'_>,
                           _: &Handlebars<'_>,
                           _: &Context,
                           _: &mut RenderContext<'_, '_>,
                           out: &mut dyn Output|
              -> HelperResult { Ok(out.write(&write(helper)?)?) };
        templates.register_helper(name, Box::new(helper));
    }
}

/// `{{asset "keyway.css"}}`
fn asset(helper: &Helper<'_>) -> Result<String, RenderErrorReason> {
    let name = word(helper, "asset")?;
    let unknown = || RenderErrorReason::Other(format!("`static/{name}` does not exist"));
    ADDRESSES.get(name).cloned().ok_or_else(unknown)
}

/// `{{icon "plug"}}`: decoration only; what it means stands beside it in words.
fn icon(helper: &Helper<'_>) -> Result<String, RenderErrorReason> {
    let name = html_escape(word(helper, "icon")?);
    let sheet = ADDRESSES.get("icons.svg").map(String::as_str).unwrap_or_default();
    Ok(format!("<svg class=\"icon\" aria-hidden=\"true\"><use href=\"{sheet}#{name}\"></use></svg>"))
}

/// `{{time at}}`: an instant as JSON has it, for people; scripts put it into the viewer's zone. Nothing for `null`.
fn time(helper: &Helper<'_>) -> Result<String, RenderErrorReason> {
    let Some(text) = helper.param(0).and_then(|param| param.value().as_str()) else { return Ok(String::new()) };
    let at = DateTime::parse_from_rfc3339(text).map_err(|error| RenderErrorReason::NestedError(Box::new(error)))?;
    let shown = at.to_utc().format("%-d %b %Y, %H:%M UTC");
    Ok(format!("<time datetime=\"{}\">{shown}</time>", html_escape(text)))
}

/// `{{mark "aws-s3"}}`: a coloured tile with two letters, always the same for the same word.
fn mark(helper: &Helper<'_>) -> Result<String, RenderErrorReason> {
    let word = word(helper, "mark")?;
    let letters = html_escape(&letters(word));
    Ok(format!("<span class=\"mark hue-{}\" aria-hidden=\"true\">{letters}</span>", hue(word)))
}

fn word<'a>(helper: &'a Helper<'_>, name: &'static str) -> Result<&'a str, RenderErrorReason> {
    let missing = || RenderErrorReason::Other(format!("`{name}` takes a word"));
    helper.param(0).and_then(|param| param.value().as_str()).ok_or_else(missing)
}

/// One of eight hues of the style sheet.
pub fn hue(word: &str) -> u8 {
    let sum = word.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    u8::try_from(sum % 8).unwrap_or_default()
}

/// The first letters of the first two words, or the first two of the only one.
fn letters(word: &str) -> String {
    let mut words = word.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    let first = words.next().unwrap_or("?");
    let initial = |part: &str| part.chars().next();
    let pair: String = match words.next() {
        Some(second) => [initial(first), initial(second)].into_iter().flatten().collect(),
        None => first.chars().take(2).collect(),
    };
    pair.to_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_two_letters() {
        for (word, expected) in [("aws-s3", "AS"), ("slack", "SL"), ("x", "X"), ("", "?"), ("Élan vital", "ÉV")] {
            assert_eq!(letters(word), expected);
        }
    }

    #[test]
    fn helpers_escape_and_refuse() {
        let mut templates = Handlebars::new();
        register(&mut templates);
        let rendered = |template: &str, value: serde_json::Value| templates.render_template(template, &value);
        let hostile = serde_json::json!({ "it": "\"><script>" });
        for template in ["{{icon it}}", "{{mark it}}"] {
            assert!(!rendered(template, hostile.clone()).unwrap().contains("<script"), "{template}");
        }
        assert!(rendered("{{time it}}", hostile.clone()).is_err());
        assert!(rendered("{{asset it}}", hostile).is_err());
        assert_eq!(rendered("{{time it}}", serde_json::json!({ "it": null })).unwrap(), "");
        let at = serde_json::json!({ "it": "2026-11-22T07:05:00Z" });
        let expected = "<time datetime=\"2026-11-22T07:05:00Z\">22 Nov 2026, 07:05 UTC</time>";
        assert_eq!(rendered("{{time it}}", at).unwrap(), expected);
    }
}
