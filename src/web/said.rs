//! What a page says of the action that led to it: one of a few sentences, named in a cookie for the next page only.

use serde::Serialize;

/// One sentence.
#[derive(Debug, Serialize)]
pub struct Said {
    word: &'static str,
    text: &'static str,
}

macro_rules! said {
    ($($word:literal => $text:literal;)*) => {
        const ALL: &[Said] = &[$(Said { word: $word, text: $text }),*];
    };
}

said! {
    "saved" => "Saved.";
    "created" => "Created.";
    "deleted" => "Deleted.";
    "imported" => "Imported into the draft.";
    "published" => "Published.";
    "restored" => "The draft is as that version was. Publish it when it is right.";
    "step_added" => "The step was added.";
    "step_saved" => "The step was saved.";
    "step_saved_no_secret" => "The step was saved without a secret that stood in it: secrets belong on connections.";
    "step_moved" => "The step was moved.";
    "step_removed" => "The step was removed.";
    "step_switched" => "The step uses the other connection now.";
    "slot_switched" => "All steps of the slot use the other connection now.";
    "nothing_changed" => "Nothing was changed: it was so already.";
    "connected" => "Connected.";
    "disconnected" => "Disconnected. Its tokens are gone here.";
    "disconnected_here" => "Disconnected here. The provider did not revoke the tokens: remove the access in the account's settings there.";
    "enabled" => "Switched on.";
    "disabled" => "Switched off.";
    "renamed" => "Renamed. The old stable key stays as an alias, so nothing breaks.";
    "released" => "The alias was released: another connection can take the key.";
    "revoked" => "The link was revoked: it does not work any more.";
    "upgraded" => "Moved to the newest version.";
    "removed" => "Removed.";
    "key_revoked" => "Revoked. Programs that use the key are refused from now on.";
    "synced" => "Synced: everything in the plan was written.";
    "rolled_back" => "Rolled back: everything is as it was before the sync.";
    "password_changed" => "Your password was changed, and your other sessions ended.";
    "signed_out_everywhere" => "All your other sessions ended.";
}

/// The name of the cookie.
pub const COOKIE: &str = "keyway-said";
/// Long enough for the next page.
pub const LIFE_SECONDS: i64 = 30;

/// The sentence of a word; nothing for words that are not ours.
#[must_use]
pub fn find(word: &str) -> Option<&'static Said> {
    ALL.iter().find(|said| said.word == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_words_say_something() {
        assert_eq!(find("saved").map(|said| said.text), Some("Saved."));
        assert!(find("<script>").is_none());
        let mut words: Vec<_> = ALL.iter().map(|said| said.word).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), ALL.len());
    }
}
