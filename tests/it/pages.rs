//! Every page with every sample, hostile text among them: what a reader sees in review is what browsers get.

use keyway::web::connect::page::FormPage;
use keyway::web::connect::page::NoticePage;
use keyway::web::html;
use keyway::web::html::Page;
use keyway::web::integration::page::config::ConfigPage;
use keyway::web::integration::page::designer::DesignerPage;
use keyway::web::integration::page::import::ImportPage;
use keyway::web::integration::page::list::ListPage;
use keyway::web::integration::page::list::NewPage;
use keyway::web::integration::page::runs::RunPage;
use keyway::web::integration::page::runs::RunsPage;
use keyway::web::integration::page::versions::DiffPage;
use keyway::web::integration::page::versions::VersionsPage;
use keyway::web::problem_page::ProblemAlonePage;
use keyway::web::problem_page::ProblemPage;
use keyway::web::session::page::AccountPage;
use keyway::web::session::page::SignInPage;
use keyway::web::stand_in::page::AuthorizePage;

#[test]
fn every_page_renders_and_lets_nothing_through() {
    samples::<AccountPage>();
    samples::<ConfigPage>();
    samples::<DesignerPage>();
    samples::<DiffPage>();
    samples::<FormPage>();
    samples::<ImportPage>();
    samples::<ListPage>();
    samples::<NewPage>();
    samples::<RunPage>();
    samples::<RunsPage>();
    samples::<VersionsPage>();
    samples::<NoticePage>();
    samples::<ProblemAlonePage>();
    samples::<ProblemPage>();
    samples::<SignInPage>();
    samples::<AuthorizePage>();
}

fn samples<P: Page>() {
    // The address of a file names its content: that is the file's matter, not the page's.
    let tags = regex::Regex::new(r"(/static/[a-z.]+)\?[0-9a-f]{8}").unwrap();
    for (name, page) in P::samples() {
        let html = html::render(&page).unwrap();
        for foreign in ["<script>", "<img", "onerror=alert(1)>", "{{"] {
            let is_text = foreign == "{{" && name == "hostile";
            assert!(is_text || !html.contains(foreign), "{} {name}: {foreign}", P::TEMPLATE);
        }
        assert!(!html.contains("style=") && html.contains("<html lang=\"en\">"), "{} {name}", P::TEMPLATE);
        let html = tags.replace_all(&html, "$1");
        insta::assert_snapshot!(format!("{}_{name}", P::TEMPLATE.replace('/', "_")).replace(' ', "_"), html);
    }
}
