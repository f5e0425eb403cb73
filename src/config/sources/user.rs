//! Who runs this process, where the environment does not say: services and containers often have no `USER`.

/// The name of the process's user, or `uid` with the number. `None` where the system does not tell.
#[cfg(target_os = "linux")]
pub(super) fn of_process() -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    // The folder of a process belongs to the user it runs as.
    let uid = std::fs::metadata("/proc/self").ok()?.uid();
    let known = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    Some(name_of(&known, uid).unwrap_or_else(|| format!("uid {uid}")))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn of_process() -> Option<String> {
    None
}

/// The name with this number in the text of `/etc/passwd` (passwd(5)).
#[cfg_attr(not(any(test, target_os = "linux")), expect(dead_code, reason = "only Linux tells the number"))]
fn name_of(passwd: &str, uid: u32) -> Option<String> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty())?;
        let number = fields.nth(1)?;
        (number.parse() == Ok(uid)).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::name_of;
    use super::of_process;

    #[test]
    fn a_number_has_the_name_of_its_line() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\n\nbroken\n:x:7:7::/:\nann:x:1000:1000:Ann,,,:/home/ann:/bin/sh\n";
        assert_eq!(name_of(passwd, 1000).as_deref(), Some("ann"));
        assert_eq!(name_of(passwd, 0).as_deref(), Some("root"));
        for unknown in [7, 8] {
            assert_eq!(name_of(passwd, unknown), None);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_process_has_a_user() {
        assert!(of_process().is_some_and(|name| !name.is_empty()));
    }
}
