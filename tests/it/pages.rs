//! Every page with every sample, hostile text among them: what a reader sees in review is what browsers get.

use keyway::web::connect::page::FormPage;
use keyway::web::connect::page::NoticePage;
use keyway::web::html;
use keyway::web::html::Page;
use keyway::web::problem_page::ProblemAlonePage;
use keyway::web::problem_page::ProblemPage;
use keyway::web::session::page::AccountPage;
use keyway::web::session::page::SignInPage;
use keyway::web::stand_in::page::AuthorizePage;
use regex::Regex;

#[test]
fn every_page_renders_and_lets_nothing_through() {
    samples::<AccountPage>();
    samples::<FormPage>();
    samples::<NoticePage>();
    samples::<ProblemAlonePage>();
    samples::<ProblemPage>();
    samples::<SignInPage>();
    samples::<AuthorizePage>();
}

fn samples<P: Page>() {
    let digests = Regex::new(r"(/static/[a-z0-9._-]+)\?[0-9a-f]{8}").unwrap();
    for (name, page) in P::samples() {
        let html = html::render(&page).unwrap();
        for foreign in ["<script>", "<img", "onerror=alert(1)>", "{{"] {
            let is_text = foreign == "{{" && name == "hostile";
            assert!(is_text || !html.contains(foreign), "{} {name}: {foreign}", P::TEMPLATE);
        }
        assert!(!html.contains("style=") && html.contains("<html lang=\"en\">"), "{} {name}", P::TEMPLATE);
        // The digests of the files that a page loads change with every touch of them.
        let html = digests.replace_all(&html, "${1}?DIGEST");
        insta::assert_snapshot!(format!("{}_{name}", P::TEMPLATE.replace('/', "_")).replace(' ', "_"), html);
    }
}
