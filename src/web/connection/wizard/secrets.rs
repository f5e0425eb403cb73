//! The last step with a form: the organization's secrets, and the credentials of the test runner, tried before they are
//! saved.

use serde::Serialize;

use crate::error::Result;
use crate::model::component::Input;
use crate::model::connection::Scope;
use crate::model::live_test::is_testable;
use crate::model::values::Inputs;
use crate::web::connection::page::values::may_skip_test;
use crate::web::connection::wizard::choose::Head;
use crate::web::connection::wizard::state::SECRET;
use crate::web::connection::wizard::state::Step;
use crate::web::connection::wizard::state::TEST;
use crate::web::connection::wizard::state::Wizard;
use crate::web::field;
use crate::web::field::Field;
use crate::web::field::Sheet;
use crate::web::frame::Frame;
use crate::web::frame::Section;
use crate::web::frame::Visit;
use crate::web::html::Page;
use crate::web::refusal;
use crate::web::refusal::Refusal;

#[derive(Serialize)]
pub struct SecretsPage {
    frame: Frame,
    head: Head,
    refusal: Option<Refusal>,
    label: String,
    secrets: Vec<Field>,
    tests: Vec<Field>,
    is_global: bool,
    /// The test runner is connected afterwards, at the provider.
    is_consent: bool,
    is_tested: bool,
    may_skip_test: bool,
    is_skipped: bool,
}

impl SecretsPage {
    pub fn new(visit: &Visit, wizard: &Wizard, refused: Option<Refusal>) -> Result<Self> {
        let (scope, kind) = wizard.chosen()?;
        let own = Inputs::new();
        let fields = |prefix: &'static str, inputs: &[&Input]| -> Vec<Field> {
            let typed = Some(&wizard.fields);
            let sheet = Sheet { prefix, own: &own, global_of: None, typed, refusal: refused.as_ref() };
            inputs.iter().map(|input| sheet.field(input, None)).collect()
        };
        let tests = fields(TEST, &wizard.test_inputs());
        let is_global = scope == Scope::OrganizationGlobal;
        let is_consent = kind.auth.needs_consent();
        let is_tested = is_testable(kind) && !is_consent && (is_global || !tests.is_empty());
        Ok(Self {
            frame: visit.frame(format!("New connection to {}", wizard.found.component.label), Section::Components),
            head: Head::new(visit, wizard, Step::Secrets),
            label: wizard.label(),
            secrets: fields(SECRET, &wizard.secret_inputs()),
            tests,
            is_global,
            is_consent,
            is_tested,
            may_skip_test: is_tested && may_skip_test(wizard.found.component.live_test, kind),
            is_skipped: wizard.fields.has("without_test"),
            refusal: refused,
        })
    }
}

impl Page for SecretsPage {
    const TEMPLATE: &'static str = "wizard/secrets";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |text: &str, is_wrong: bool, is_consent: bool| Self {
            frame: Frame::sample("New connection", Section::Components),
            head: Head::sample(text),
            refusal: is_wrong.then(|| refusal::sample(text)),
            label: text.to_owned(),
            secrets: field::samples(text),
            tests: if is_consent { Vec::new() } else { field::samples(text) },
            is_global: false,
            is_consent,
            is_tested: !is_consent,
            may_skip_test: !is_consent,
            is_skipped: is_wrong,
        };
        vec![
            ("consent", page("plain", false, true)),
            ("typed", page("plain", false, false)),
            ("hostile", page("\"><script>", true, false)),
        ]
    }
}
