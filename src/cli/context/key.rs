//! The key-encryption key: given as a setting, read from a file that only its owner reads, or made beside a new
//! embedded database.

use std::fs;
use std::fs::File;
use std::io;
use std::io::Read as _;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tokio::runtime::Runtime;
use zeroize::Zeroizing;

use crate::cli::output::Output;
use crate::config::Loaded;
use crate::config::Origin;
use crate::config::Vault;
use crate::crypto::Kek;
use crate::error::Error;
use crate::error::Result;
use crate::store;
use crate::store::Store;

/// A key in base64 has 44 characters; more than this is no key.
const MAX_BYTES: u64 = 1024;
/// How often the file is read again while another process is writing it.
const ATTEMPTS: u32 = 50;

/// The key, when it is given as a setting.
///
/// # Errors
/// `vault_key_missing` when there is neither a key nor a file to look in.
pub(super) fn given(vault: &Vault) -> Result<Option<Kek>> {
    if let Some(bytes) = vault.key_bytes() {
        return Kek::new(&bytes).map(Some);
    }
    if vault.key_file.is_some() {
        return Ok(None);
    }
    let message = "on PostgreSQL the vault needs a key: set KEYWAY_VAULT__KEY (`openssl rand -base64 32` makes one), \
                   or name a file with KEYWAY_VAULT__KEY_FILE; keep a copy, no secret can be read without it";
    Err(Error::invalid("vault_key_missing", message))
}

/// The key of the file, which is made beside a new embedded database.
pub(super) fn of_file(loaded: &Loaded, runtime: &Runtime, store: &Store, output: &mut Output) -> Result<Kek> {
    let Some(path) = &loaded.settings.vault.key_file else {
        return Err(Error::bug("the vault has neither a key nor a file"));
    };
    if let Some(text) = read(path)? {
        return Kek::new(&decode(path, &text)?);
    }
    let is_default = loaded.origins.get("vault.key_file").is_none_or(|origin| *origin == Origin::Default);
    if !is_default {
        let message = format!(
            "the vault's key file {0} is not there; put it back, or make a new one: (umask 077; openssl rand -base64 32 > {0})",
            path.display()
        );
        return Err(Error::invalid("vault_key_missing", message));
    }
    if runtime.block_on(store.read(store::tenant::any_data_key))?.is_some() {
        let message = format!(
            "the vault's key file {} is gone, and the database holds secrets sealed with it; put the file back",
            path.display()
        );
        return Err(Error::invalid("vault_key_missing", message));
    }
    let key = make(path)?;
    if key.is_new {
        output.note(format_args!(
            "made the vault's key {}; keep a copy apart from the database: no secret can be read without it\n",
            path.display()
        ));
    }
    Kek::new(&decode(path, &key.text)?)
}

struct Key {
    text: Zeroizing<String>,
    is_new: bool,
}

/// The file's text; `None` when it is not there.
fn read(path: &Path) -> Result<Option<Zeroizing<String>>> {
    let unreadable = |error: &io::Error| {
        Error::invalid("vault_key_file", format!("the vault's key file {} cannot be read: {error}", path.display()))
    };
    for _ in 0..ATTEMPTS {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(&error)),
        };
        check_permissions(path, &file.metadata().map_err(|error| unreadable(&error))?)?;
        let mut text = Zeroizing::new(String::with_capacity(128));
        file.take(MAX_BYTES).read_to_string(&mut text).map_err(|error| unreadable(&error))?;
        if !text.trim().is_empty() {
            return Ok(Some(text));
        }
        // Another process made it a moment ago and is about to write.
        std::thread::sleep(Duration::from_millis(20));
    }
    let message = format!("the vault's key file {} is empty; put the key back, or remove the file", path.display());
    Err(Error::invalid("vault_key_file", message))
}

#[cfg(unix)]
fn check_permissions(path: &Path, about: &fs::Metadata) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = about.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let message =
        format!("the vault's key file {0} can be read by others (mode {mode:03o}); run: chmod 600 {0}", path.display());
    Err(Error::invalid("vault_key_permissions", message))
}

#[cfg(not(unix))]
fn check_permissions(_: &Path, _: &fs::Metadata) -> Result<()> {
    Ok(())
}

/// Makes the file, unless another process is faster: then its key counts.
fn make(path: &Path) -> Result<Key> {
    let failed = |error: io::Error| {
        Error::invalid("vault_key_file", format!("the vault's key file {} cannot be made: {error}", path.display()))
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = match options.open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let text = read(path)?.ok_or_else(|| failed(error))?;
            return Ok(Key { text, is_new: false });
        }
        Err(error) => return Err(failed(error)),
    };
    let mut bytes = Zeroizing::new([0_u8; 32]);
    aws_lc_rs::rand::fill(bytes.as_mut_slice()).map_err(|error| Error::internal(anyhow::anyhow!(error)))?;
    let text = Zeroizing::new(format!("{}\n", BASE64_STANDARD.encode(bytes.as_slice())));
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
    Ok(Key { text, is_new: true })
}

fn decode(path: &Path, text: &str) -> Result<Zeroizing<[u8; 32]>> {
    let bytes = BASE64_STANDARD.decode(text.trim()).ok().map(Zeroizing::new);
    let key = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok());
    key.map(Zeroizing::new).ok_or_else(|| {
        let message = format!("the vault's key file {} does not hold 32 bytes in base64", path.display());
        Error::invalid("vault_key_file", message)
    })
}
