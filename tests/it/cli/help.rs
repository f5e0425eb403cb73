//! What `--help` says, as the program prints it to a pipe.

use super::desk::Desk;

#[test]
fn help_is_an_answer_and_says_what_it_said() {
    let desk = Desk::embedded();
    let commands: &[&[&str]] = &[
        &[],
        &["tenants"],
        &["components"],
        &["connections"],
        &["connections", "create"],
        &["connections", "edit"],
        &["connections", "values"],
        &["credentials"],
        &["credentials", "create"],
        &["customers"],
        &["users"],
        &["api-keys"],
        &["api-keys", "create"],
        &["serve"],
    ];
    for command in commands {
        let ran = desk.process(&[command, &["--help"][..]].concat(), "");
        assert_eq!((ran.code, ran.note.as_str()), (0, ""), "{command:?}");
        let name = format!("help_{}", command.join("_"));
        insta::assert_snapshot!(name.trim_end_matches('_'), ran.answer);
    }
}
