//! The mark of a running demonstration in the data folder: while it is there, commands on the same folder may call this
//! machine as the server does. Who writes there holds the vault's key too, so it grants nothing new.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::Path;

use crate::outbound::guard::Places;

const NAME: &str = "demo-stand-in";

/// Puts the mark there: where the stand-in answers.
pub(in crate::cli) fn mark(directory: &Path, address: SocketAddr) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    fs::write(directory.join(NAME), format!("{address}\n"))
}

/// Takes it away. One that is gone already is as well.
pub(in crate::cli) fn unmark(directory: &Path) {
    drop(fs::remove_file(directory.join(NAME)));
}

/// What may be called besides what the settings allow: one address of this machine, or nothing.
pub(super) fn places(directory: &Path) -> Places {
    let text = fs::read_to_string(directory.join(NAME)).unwrap_or_default();
    match text.trim().parse::<SocketAddr>() {
        Ok(address) if address.ip().is_loopback() => Places { hosts: Vec::new(), networks: vec![address.ip().into()] },
        _ => Places::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_opens_its_address_of_this_machine_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let networks = || places(directory.path()).networks.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert!(networks().is_empty());
        mark(directory.path(), SocketAddr::from(([127, 0, 0, 1], 18_080))).unwrap();
        assert_eq!(networks(), ["127.0.0.1/32"]);
        for text in ["10.0.0.1:80", "127.0.0.1", "", "0.0.0.0:80"] {
            fs::write(directory.path().join(NAME), text).unwrap();
            assert!(networks().is_empty(), "{text}");
        }
        unmark(directory.path());
        unmark(directory.path());
        assert!(networks().is_empty());
    }
}
