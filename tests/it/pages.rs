//! Every page with every sample, hostile text among them: what a reader sees in review is what browsers get.

use keyway::web::attention::page::AttentionPage;
use keyway::web::audit::page::AuditPage;
use keyway::web::component::page::ComponentsPage;
use keyway::web::component::page::show::ActionsPage;
use keyway::web::component::page::show::ConnectionsPage as ComponentConnectionsPage;
use keyway::web::component::page::show::ManifestPage;
use keyway::web::component::page::show::OverviewPage as ComponentPage;
use keyway::web::connect::page::FormPage;
use keyway::web::connect::page::NoticePage;
use keyway::web::connection::page::ConnectionsPage;
use keyway::web::connection::page::delete::DeletePage;
use keyway::web::connection::page::history::AttemptsPage;
use keyway::web::connection::page::history::HistoryPage;
use keyway::web::connection::page::manage::ManagePage;
use keyway::web::connection::page::overview::OverviewPage;
use keyway::web::connection::page::people::PeoplePage;
use keyway::web::connection::page::usage::UsagePage;
use keyway::web::connection::page::values::ValuesPage;
use keyway::web::connection::wizard::choose::ChoosePage;
use keyway::web::connection::wizard::created::CreatedPage;
use keyway::web::connection::wizard::global::GlobalPage;
use keyway::web::connection::wizard::secrets::SecretsPage;
use keyway::web::credential::page::CredentialPage;
use keyway::web::credential::page::new::NewCredentialPage;
use keyway::web::customer::page::CustomerPage;
use keyway::web::customer::page::CustomersPage;
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
use keyway::web::link::page::LinkMadePage;
use keyway::web::problem_page::ProblemAlonePage;
use keyway::web::problem_page::ProblemPage;
use keyway::web::search::SearchPage;
use keyway::web::session::page::AccountPage;
use keyway::web::session::page::SignInPage;
use keyway::web::settings::api_keys::ApiKeysPage;
use keyway::web::settings::components::ComponentsPage as ComponentPinsPage;
use keyway::web::settings::redirect_urls::RedirectUrlsPage;
use keyway::web::settings::tenant::NewTenantPage;
use keyway::web::settings::tenant::TenantPage;
use keyway::web::settings::users::UsersPage;
use keyway::web::stand_in::page::AuthorizePage;
use keyway::web::sync::drift_page::DriftPage;
use keyway::web::sync::page::SyncPage;
use keyway::web::sync::plan_page::PlanPage;
use keyway::web::sync::run_page::RunPage as SyncRunPage;

#[test]
fn every_page_renders_and_lets_nothing_through() {
    samples::<AccountPage>();
    samples::<ActionsPage>();
    samples::<ApiKeysPage>();
    samples::<AttemptsPage>();
    samples::<AttentionPage>();
    samples::<AuditPage>();
    samples::<AuthorizePage>();
    samples::<ChoosePage>();
    samples::<ComponentConnectionsPage>();
    samples::<ComponentPage>();
    samples::<ComponentPinsPage>();
    samples::<ComponentsPage>();
    samples::<ConfigPage>();
    samples::<ConnectionsPage>();
    samples::<CreatedPage>();
    samples::<CredentialPage>();
    samples::<CustomerPage>();
    samples::<CustomersPage>();
    samples::<DeletePage>();
    samples::<DesignerPage>();
    samples::<DiffPage>();
    samples::<DriftPage>();
    samples::<FormPage>();
    samples::<GlobalPage>();
    samples::<HistoryPage>();
    samples::<ImportPage>();
    samples::<LinkMadePage>();
    samples::<ListPage>();
    samples::<ManagePage>();
    samples::<ManifestPage>();
    samples::<NewCredentialPage>();
    samples::<NewPage>();
    samples::<NewTenantPage>();
    samples::<NoticePage>();
    samples::<OverviewPage>();
    samples::<PeoplePage>();
    samples::<PlanPage>();
    samples::<ProblemAlonePage>();
    samples::<ProblemPage>();
    samples::<RedirectUrlsPage>();
    samples::<RunPage>();
    samples::<RunsPage>();
    samples::<SearchPage>();
    samples::<SecretsPage>();
    samples::<SignInPage>();
    samples::<SyncPage>();
    samples::<SyncRunPage>();
    samples::<TenantPage>();
    samples::<UsagePage>();
    samples::<UsersPage>();
    samples::<ValuesPage>();
    samples::<VersionsPage>();
}

fn samples<P: Page>() {
    // The address of a file names its content: that is the file's matter, not the page's.
    let tags = regex::Regex::new(r"(/static/[a-z.]+)\?[0-9a-f]{8}").unwrap();
    for (name, page) in P::samples() {
        let html = html::render(&page).unwrap();
        for foreign in ["<script>", "<img onerror", "<img src=x", "onerror=alert(1)>", "{{"] {
            let is_text = foreign == "{{" && name == "hostile";
            assert!(is_text || !html.contains(foreign), "{} {name}: {foreign}", P::TEMPLATE);
        }
        assert!(!html.contains("style=") && html.contains("<html lang=\"en\">"), "{} {name}", P::TEMPLATE);
        let html = tags.replace_all(&html, "$1");
        let html = within_frame::<P>(&html);
        insta::assert_snapshot!(format!("{}_{name}", P::TEMPLATE.replace('/', "_")).replace(' ', "_"), html);
    }
}

/// What a page has of its own: the frame around it is in the snapshots of a few.
fn within_frame<P: Page>(html: &str) -> &str {
    let is_whole = ["session/", "problem/"].iter().any(|folder| P::TEMPLATE.starts_with(folder));
    match (html.find("<main id=\"main\""), html.find("</main>")) {
        (Some(start), Some(end)) if !is_whole => &html[start..end],
        _ => html,
    }
}
