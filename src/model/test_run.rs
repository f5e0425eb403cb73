//! Runs of an integration's draft with the test runner's credentials: what each step asked and was answered, with secrets
//! masked. Evaluates what the definition's inputs, loops and branches say.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::clock::Instant;
use crate::ids::CredentialId;
use crate::ids::IntegrationId;
use crate::ids::TestRunId;

pub mod action;
pub mod branch;
pub mod retry;
pub mod scope;
#[cfg(test)]
mod tests;

/// Of a body, as it is kept.
pub const KEPT_BYTES: usize = 64 * 1024;
/// Rounds of one loop.
pub const MAX_ROUNDS: usize = 10;
/// Steps of one run, each round of a loop counted.
pub const MAX_STEPS: usize = 500;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TestRunStatus)]
pub enum RunStatus {
    Running,
    /// No step failed, or the definition says to go on.
    Done,
    Failed,
    /// The process that ran it is gone; the steps are those that it still told of.
    Interrupted,
}

impl RunStatus {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }

    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Running, Self::Done, Self::Failed, Self::Interrupted].into_iter().find(|status| status.as_str() == word)
    }
}

/// What became of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TestStepStatus)]
pub enum StepStatus {
    Done,
    Failed,
    /// It was not this step's turn, or what it needs is not there.
    Skipped,
    /// Keyway cannot run steps of this kind: its manifest declares no HTTP action for it.
    NotExecutable,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TestRun {
    #[schema(value_type = String, example = "run_0199a0c2d4e87f6a8b1c2d3e4f506172")]
    pub id: TestRunId,
    #[schema(value_type = String)]
    pub integration_id: IntegrationId,
    pub actor: String,
    pub status: RunStatus,
    /// In the order in which they were run.
    pub steps: Vec<StepRun>,
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Instant,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Instant>,
}

/// One step, once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = TestStep)]
pub struct StepRun {
    /// `Flow / Step`.
    pub path: String,
    pub component: Option<String>,
    pub action: Option<String>,
    pub status: StepStatus,
    /// Why it is not done, or what is to be known of it.
    pub reason: Option<String>,
    /// In which rounds of the loops around it, from 1 on; the outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub rounds: Vec<usize>,
    /// Which attempt this is, from 1 on, where the definition says to try again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub attempt: Option<u32>,
    pub connection: Option<Used>,
    pub request: Option<Asked>,
    pub reply: Option<Answered>,
    pub duration_ms: i64,
}

/// What a request was made with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = TestConnection)]
pub struct Used {
    pub stable_key: String,
    /// `null`: the connection's own values were enough.
    #[schema(value_type = Option<String>)]
    pub credential_id: Option<CredentialId>,
    /// Of the test runner's credential: it grows with each change.
    pub credential_version: Option<i64>,
}

/// A request as it was sent, secrets masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = TestRequestSent)]
pub struct Asked {
    pub method: String,
    pub url: String,
    pub headers: BTreeMap<String, String>,
    /// The first 64 KiB.
    pub body: Option<String>,
}

/// A reply as it came, secrets masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = TestReply)]
pub struct Answered {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    /// The first 64 KiB; how long it is, when it is no text.
    pub body: Option<String>,
}
