//! A tenant's name, its mark as production, its looks; and new tenants.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use serde::Serialize;

use crate::app::App;
use crate::app::brand::Face;
use crate::app::tenant::NewTenant;
use crate::error::Error;
use crate::error::Result;
use crate::model::actor::Permission;
use crate::model::brand::Brand;
use crate::model::brand::Color;
use crate::model::brand::MAX_LOGO_BYTES;
use crate::web::brand::BrandOnPage;
use crate::web::form::Fields;
use crate::web::frame::Frame;
use crate::web::frame::Section;
use crate::web::frame::Visit;
use crate::web::html;
use crate::web::html::Page;
use crate::web::multipart::Parts;
use crate::web::settings;
use crate::web::settings::Tab;
use crate::web::visit;

#[derive(Serialize)]
pub struct TenantPage {
    frame: Frame,
    tabs: Vec<Tab>,
    can_change: bool,
    key: String,
    name: String,
    name_error: Option<String>,
    is_production: bool,
    color: String,
    /// Of a colour that can be shown.
    swatch: Option<String>,
    color_error: Option<String>,
    brand: BrandOnPage,
    logo_error: Option<String>,
    most_kb: usize,
    problem: Option<String>,
}

/// `GET /t/{tenant}/settings`
pub async fn show(app: Data<App>, visit: Visit) -> Result<HttpResponse> {
    let brand = app.brand(&visit.actor).await?;
    html::page(StatusCode::OK, &TenantPage::new(&visit, brand, None))
}

/// `POST /t/{tenant}/settings`
pub async fn update(app: Data<App>, visit: Visit, fields: Fields) -> Result<HttpResponse> {
    let changed = async {
        let color = fields.text("color").map(|text| Color::parse(&text)).transpose()?;
        let (name, is_production) = (fields.get("name").to_owned(), fields.has("is_production"));
        app.update_tenant(visit.actor.clone(), Some(name), Some(is_production)).await?;
        app.set_color(visit.actor.clone(), color).await
    };
    match changed.await {
        Ok(()) => Ok(visit::see_other_saying(&app, &visit.url("/settings"), "saved")),
        Err(error) if settings::is_told_on_form(&error) => {
            let page = TenantPage::new(&visit, app.brand(&visit.actor).await?, Some(&error));
            let typed = TenantPage {
                name: fields.get("name").to_owned(),
                is_production: fields.has("is_production"),
                color: fields.get("color").to_owned(),
                swatch: None,
                ..page
            };
            html::page(html::status_of(&error), &typed)
        }
        Err(error) => Err(error),
    }
}

/// `POST /t/{tenant}/settings/logo`: a form with a file.
pub async fn logo(app: Data<App>, visit: Visit, mut parts: Parts) -> Result<HttpResponse> {
    let bytes = parts.take("logo");
    let changed = async {
        let bytes = bytes.ok_or_else(|| {
            let wrong = crate::error::FieldError::new("logo", "required", "choose a file first");
            Error::of_fields(vec![wrong]).unwrap_or_else(|| Error::bug("no wrong field"))
        })?;
        app.set_logo(visit.actor.clone(), Some(bytes)).await
    };
    match changed.await {
        Ok(()) => Ok(visit::see_other_saying(&app, &visit.url("/settings"), "saved")),
        Err(error) if settings::is_told_on_form(&error) => {
            let page = TenantPage::new(&visit, app.brand(&visit.actor).await?, Some(&error));
            html::page(html::status_of(&error), &page)
        }
        Err(error) => Err(error),
    }
}

/// `POST /t/{tenant}/settings/logo/remove`
pub async fn remove_logo(app: Data<App>, visit: Visit) -> Result<HttpResponse> {
    app.set_logo(visit.actor.clone(), None).await?;
    Ok(visit::see_other_saying(&app, &visit.url("/settings"), "saved"))
}

impl TenantPage {
    fn new(visit: &Visit, brand: Brand, error: Option<&Error>) -> Self {
        let tenant = &visit.actor.tenant;
        let color = brand.color.map(|color| color.to_string());
        Self {
            frame: visit.frame("Settings", Section::Settings),
            tabs: settings::tabs(visit, ""),
            can_change: visit.may(Permission::TenantsWrite),
            key: tenant.key.clone(),
            name: tenant.name.clone(),
            name_error: settings::wrong(error, "name"),
            is_production: tenant.is_production,
            color: color.clone().unwrap_or_default(),
            swatch: color,
            color_error: settings::wrong(error, "color"),
            brand: BrandOnPage::of(&Face { key: tenant.key.clone(), name: tenant.name.clone(), brand }),
            logo_error: settings::wrong(error, "logo"),
            most_kb: MAX_LOGO_BYTES / 1024,
            problem: settings::problem(error),
        }
    }
}

/// The form of a new tenant.
#[derive(Serialize)]
pub struct NewTenantPage {
    frame: Frame,
    key: String,
    key_error: Option<String>,
    name: String,
    name_error: Option<String>,
    is_production: bool,
    problem: Option<String>,
}

/// `GET /t/{tenant}/settings/tenants/new`
pub async fn new(visit: Visit) -> Result<HttpResponse> {
    visit.actor.require(Permission::TenantsWrite)?;
    html::page(
        StatusCode::OK,
        &NewTenantPage::new(visit.frame("New tenant", Section::Settings), &Fields::default(), None),
    )
}

/// `POST /t/{tenant}/settings/tenants`
pub async fn create(app: Data<App>, visit: Visit, fields: Fields) -> Result<HttpResponse> {
    let new = NewTenant {
        key: fields.get("key").trim().to_owned(),
        name: fields.text("name"),
        is_production: fields.has("is_production"),
    };
    match app.create_tenant(Some(&visit.actor), "", new).await {
        Ok(tenant) => Ok(visit::see_other_saying(&app, &format!("/t/{}/connections", tenant.key), "created")),
        Err(error) if settings::is_told_on_form(&error) => {
            let frame = visit.frame("New tenant", Section::Settings);
            html::page(html::status_of(&error), &NewTenantPage::new(frame, &fields, Some(&error)))
        }
        Err(error) => Err(error),
    }
}

impl NewTenantPage {
    fn new(frame: Frame, fields: &Fields, error: Option<&Error>) -> Self {
        Self {
            frame,
            key: fields.get("key").to_owned(),
            key_error: settings::wrong(error, "key"),
            name: fields.get("name").to_owned(),
            name_error: settings::wrong(error, "name"),
            is_production: fields.has("is_production"),
            problem: settings::problem(error),
        }
    }
}

impl Page for TenantPage {
    const TEMPLATE: &'static str = "settings/tenant";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |can_change: bool, text: &str| Self {
            frame: Frame::sample("Settings", Section::Settings),
            tabs: settings::sample_tabs(""),
            can_change,
            key: "dev".to_owned(),
            name: text.to_owned(),
            name_error: None,
            is_production: false,
            color: text.to_owned(),
            swatch: None,
            color_error: None,
            brand: BrandOnPage::default(),
            logo_error: None,
            most_kb: 200,
            problem: None,
        };
        let hostile = "\"><script>alert(1)</script>";
        let face = Face {
            key: "dev".to_owned(),
            name: String::new(),
            brand: Brand { color: None, logo: Some("0123456789abcdef".to_owned()) },
        };
        let wrong = || Some("<script>".to_owned());
        let errors = Self {
            name_error: wrong(),
            color_error: wrong(),
            logo_error: wrong(),
            problem: wrong(),
            brand: BrandOnPage::of(&face),
            is_production: true,
            ..page(true, hostile)
        };
        let plain =
            Self { color: "#1f5fbf".to_owned(), swatch: Some("#1f5fbf".to_owned()), ..page(true, "Development") };
        vec![("reader", page(false, "Development")), ("owner", plain), ("hostile", errors)]
    }
}

impl Page for NewTenantPage {
    const TEMPLATE: &'static str = "settings/new_tenant";

    fn samples() -> Vec<(&'static str, Self)> {
        let frame = || Frame::sample("New tenant", Section::Settings);
        let typed = Fields::from([("key", "\"><script>"), ("name", "<script>"), ("is_production", "on")]);
        let error = Error::of_fields(vec![crate::error::FieldError::new("key", "invalid_key", "<script>")]);
        vec![
            ("empty", Self::new(frame(), &Fields::default(), None)),
            ("hostile", Self::new(frame(), &typed, error.as_ref())),
        ]
    }
}
