//! The two ends of a sync as a person names them: a tenant here, a tenant of another deployment, or a folder.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::path::PathBuf;

use secrecy::SecretString;

use crate::cli::context::Context;
use crate::cli::context::outbound;
use crate::cli::sync::folder::Folder;
use crate::error::Error;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::outbound::remote::Remote;

/// A remote plans and applies before it answers, which takes longer than other requests.
const REMOTE_PATIENCE: u32 = 10;
const MAX_KEY_BYTES: u64 = 4096;

/// One end, as it was typed.
pub(super) struct Asked {
    pub flag: &'static str,
    pub text: String,
    pub key_file: Option<PathBuf>,
    /// From the environment.
    pub key: Option<SecretString>,
}

/// One end, found.
pub(super) struct End {
    /// What names it on the next command line.
    pub name: String,
    pub kind: Kind,
}

pub(super) enum Kind {
    Tenant(Box<Actor>),
    Remote(Box<Remote>),
    Folder(Folder),
}

impl End {
    pub(super) fn of_tenant(actor: Actor) -> Self {
        Self { name: actor.tenant.key.clone(), kind: Kind::Tenant(Box::new(actor)) }
    }

    pub(super) fn of_folder(path: PathBuf) -> Self {
        let text = path.display().to_string();
        // Without a `/` it would be taken for a tenant on the next command line.
        let name = if is_path(&text) { text } else { format!("./{text}") };
        Self { name, kind: Kind::Folder(Folder { path }) }
    }
}

impl Asked {
    pub(super) async fn open(self, context: &mut Context<'_>) -> Result<End> {
        let is_remote = ["https://", "http://"].iter().any(|scheme| self.text.to_ascii_lowercase().starts_with(scheme));
        if self.key_file.is_some() && !is_remote {
            let flag = self.flag;
            let message = format!("{flag}-key-file is for an address: {flag} {} is none", self.text);
            return Err(Error::invalid("key_without_remote", message));
        }
        if is_remote {
            return self.open_remote(context);
        }
        if is_path(&self.text) {
            return Ok(End::of_folder(PathBuf::from(self.text)));
        }
        let is_folder = Path::new(&self.text).is_dir();
        match context.tenant_named(&self.text).await {
            Ok(tenant) => {
                if is_folder && Path::new(&self.text).join(crate::model::sync::files::ROOT).exists() {
                    let text = &self.text;
                    context.output.hint(format_args!("`{text}` is the tenant; for the folder write ./{text}"));
                }
                Ok(End::of_tenant(context.actor_in(tenant)))
            }
            Err(_) if is_folder => Ok(End::of_folder(PathBuf::from(self.text))),
            Err(error) => {
                let public = format!("{} (a folder is written with a slash: ./{})", error.public, self.text);
                Err(Error { public, ..error })
            }
        }
    }

    fn open_remote(self, context: &Context<'_>) -> Result<End> {
        let key = match (&self.key_file, self.key) {
            (Some(path), _) => read_key(path)?,
            (None, Some(key)) => key,
            (None, None) => {
                let variable = if self.flag == "--from" { "KEYWAY_FROM_KEY" } else { "KEYWAY_TO_KEY" };
                let message = format!(
                    "{} needs an API key of the tenant there: name a file with {}-key-file, or set {variable}",
                    self.text, self.flag
                );
                return Err(Error::invalid("no_remote_key", message));
            }
        };
        let client = outbound::to_remotes(&context.settings.outbound, REMOTE_PATIENCE);
        let limit = context.settings.sync.snapshot_limit_bytes;
        let remote = Remote::new(client, &self.text, key)?.with_size_limit(limit);
        Ok(End { name: self.text, kind: Kind::Remote(Box::new(remote)) })
    }
}

fn is_path(text: &str) -> bool {
    text.contains(['/', std::path::MAIN_SEPARATOR]) || text == "." || text == ".."
}

fn read_key(path: &Path) -> Result<SecretString> {
    let failed = |error: std::io::Error| {
        let message = format!("the key file {} cannot be read: {error}", path.display());
        Error::invalid("unreadable_key_file", message)
    };
    let mut text = String::new();
    fs::File::open(path).map_err(failed)?.take(MAX_KEY_BYTES).read_to_string(&mut text).map_err(failed)?;
    let key = SecretString::from(text.trim());
    if text.trim().is_empty() {
        return Err(Error::invalid("unreadable_key_file", format!("the key file {} is empty", path.display())));
    }
    Ok(key)
}
