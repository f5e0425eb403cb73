//! Stand-in until the real one arrives.
use crate::model::connection::Scope;
use crate::model::values::Resolution;
use crate::model::values::Side;
use std::collections::BTreeMap;
#[derive(Debug, Clone, PartialEq, serde::Serialize, utoipa::ToSchema)]
pub struct ValuesView {
    pub inputs: Vec<String>,
}
pub fn view(_: &Resolution<'_>, _: Side, _: Scope, _: Option<&BTreeMap<String, usize>>) -> ValuesView {
    ValuesView { inputs: vec![] }
}
