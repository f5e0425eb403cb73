//! A tenant's colour and logo as files of ours: pages of connect links load them like every other style sheet and picture.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Serialize;

use crate::app::App;
use crate::app::brand::Face;
use crate::error::Error;
use crate::error::Result;
use crate::model::brand::Color;

/// What lies behind text in the dark scheme of the style sheet.
const DARK: Color = Color([0x1a, 0x1f, 0x26]);
/// Addresses hold digests, so browsers may keep what they got.
const KEPT: (header::HeaderName, &str) = (header::CACHE_CONTROL, "public, max-age=31536000, immutable");

/// Addresses; absent where the tenant has none.
#[derive(Debug, Clone, Default, Serialize)]
pub struct BrandOnPage {
    style: Option<String>,
    logo: Option<String>,
}

impl BrandOnPage {
    #[must_use]
    pub fn of(face: &Face) -> Self {
        let color = |color: Color| format!("/brand/{}/{}.css", face.key, color.to_string().trim_start_matches('#'));
        let logo = |digest: &String| format!("/brand/{}/{digest}", face.key);
        Self { style: face.brand.color.map(color), logo: face.brand.logo.as_ref().map(logo) }
    }
}

/// `GET /brand/{tenant}/{file}`: a logo by its digest, or the style sheet of a colour.
pub async fn file(app: Data<App>, path: Path<(String, String)>) -> Result<HttpResponse> {
    let (tenant, file) = path.into_inner();
    if let Some(digits) = file.strip_suffix(".css") {
        let unknown = |_| Error::not_found("file", &file);
        let color = Color::parse(&format!("#{digits}")).map_err(unknown)?;
        return Ok(HttpResponse::Ok().content_type("text/css; charset=utf-8").insert_header(KEPT).body(style(color)));
    }
    let (kind, bytes) = app.logo(tenant, file).await?;
    Ok(HttpResponse::Ok().content_type(kind.content_type()).insert_header(KEPT).body(bytes))
}

/// Whatever the colour is, what stands in it and on it can be read in both schemes.
fn style(color: Color) -> String {
    let scheme = |ground| {
        let accent = color.readable_on(ground);
        format!(":root{{--accent:{accent};--on-accent:{};--brand:{color}}}", accent.ink())
    };
    format!("{}\n@media (prefers-color-scheme:dark){{{}}}\n", scheme(Color::WHITE), scheme(DARK))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_style_sheet_holds_readable_shades() {
        insta::assert_snapshot!(style(Color::parse("#ffd400").unwrap()), @"
        :root{--accent:#87740e;--on-accent:#ffffff;--brand:#ffd400}
        @media (prefers-color-scheme:dark){:root{--accent:#ffd400;--on-accent:#10151c;--brand:#ffd400}}
        ");
    }
}
