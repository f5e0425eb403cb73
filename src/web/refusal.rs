//! Why a form was not taken, as its page shows it: beside the fields, and above them what is about the whole.

use actix_web::ResponseError as _;
use actix_web::http::StatusCode;
use serde::Serialize;

use crate::error::Error;
use crate::error::FieldError;
use crate::error::Kind;
use crate::error::Result;
use crate::model::live_test::Failed;
use crate::web::words::sentence;

/// What is told above a form.
#[derive(Debug, Clone, Serialize)]
pub struct Refusal {
    title: String,
    message: String,
    advice: Option<String>,
    /// For who can do something about it.
    hint: Option<String>,
    /// The values were tried, and did not work.
    pub is_live_test: bool,
    #[serde(skip)]
    pub status: StatusCode,
    #[serde(skip)]
    pub fields: Vec<FieldError>,
}

impl Refusal {
    /// What the person can do something about; the rest stays an error.
    ///
    /// # Errors
    /// Those that no change of the form would mend.
    pub fn of(error: Error) -> Result<Self> {
        match error.kind {
            Kind::Invalid | Kind::Malformed => Ok(Self::told(&error, StatusCode::UNPROCESSABLE_ENTITY)),
            Kind::Conflict | Kind::PreconditionFailed | Kind::RateLimited | Kind::Upstream => {
                let status = error.status_code();
                Ok(Self::told(&error, status))
            }
            _ => Err(error),
        }
    }

    /// Wrong fields alone.
    #[must_use]
    pub fn of_fields(fields: Vec<FieldError>) -> Option<Self> {
        Error::of_fields(fields).map(|error| Self::told(&error, StatusCode::UNPROCESSABLE_ENTITY))
    }

    fn told(error: &Error, status: StatusCode) -> Self {
        let plain = |title: &str, message: String| Self {
            title: title.to_owned(),
            message,
            advice: None,
            hint: None,
            is_live_test: false,
            status,
            fields: error.fields.clone(),
        };
        if let Some(verdict) = Failed::of(error) {
            return Self {
                advice: Some(sentence(&verdict.advice)),
                hint: verdict.hint.clone().map(|hint| sentence(&hint)),
                is_live_test: true,
                ..plain("Nothing was saved: the live test failed", sentence(&verdict.message))
            };
        }
        match (error.code, error.fields.len()) {
            ("invalid_fields", 1) => plain("Nothing was saved", "One field is wrong: it is marked below.".to_owned()),
            ("invalid_fields", n) => {
                plain("Nothing was saved", format!("{n} fields are wrong: they are marked below."))
            }
            ("version_mismatch", _) => {
                let message = "Somebody else changed it while you were typing. What you typed is still here: look at the \
                               history, and save again to put yours on top.";
                plain("Changed meanwhile", message.to_owned())
            }
            ("invalid_stable_key" | "stable_key_taken", _) => {
                let field = FieldError::new("stable_key", error.code, error.public.clone());
                Self {
                    fields: vec![field],
                    ..plain("Nothing was saved", "The stable key is wrong: it is marked below.".to_owned())
                }
            }
            _ => plain("This did not work", sentence(&error.public)),
        }
    }

    /// What is wrong with one field, as a sentence.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<String> {
        self.fields.iter().find(|field| field.field == name).map(|field| sentence(&field.message))
    }
}

/// What is wrong with a field, when anything is.
#[must_use]
pub fn field(refusal: Option<&Refusal>, name: &str) -> Option<String> {
    refusal.and_then(|refusal| refusal.field(name))
}

/// The status of a page with a form.
#[must_use]
pub fn status(refusal: Option<&Refusal>) -> StatusCode {
    refusal.map_or(StatusCode::OK, |refusal| refusal.status)
}

/// For samples of pages.
#[must_use]
pub fn sample(text: &str) -> Refusal {
    let fields = vec![
        FieldError::new("inputs.client_id", "required", text),
        FieldError::new("label", "invalid_length", text),
        FieldError::new("stable_key", "stable_key_taken", text),
    ];
    Refusal {
        title: "Nothing was saved: the live test failed".to_owned(),
        message: text.to_owned(),
        advice: Some(text.to_owned()),
        hint: Some(text.to_owned()),
        is_live_test: true,
        status: StatusCode::UNPROCESSABLE_ENTITY,
        fields,
    }
}
