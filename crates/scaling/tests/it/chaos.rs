//! Nodes and the store fail under load, with a seed; nothing may be lost.

use std::path::Path;

use mcp_scaling::{
    chaos::{ChaosArgs, Deed, unleash},
    load::{LoadArgs, Mix},
};

use crate::fixture::BINARY;

pub(crate) fn args(seconds: u64, store_pause: u64, deeds: &[Deed]) -> ChaosArgs {
    let load = LoadArgs { rate: 60, concurrency: 32, seconds, mix: Mix::default(), seed: 7, svg: None };
    ChaosArgs { nodes: 3, peace: 3, deeds: deeds.to_vec(), store_pause, front: None, first_port: 8001, load }
}

#[tokio::test]
async fn nothing_is_lost_when_nodes_are_killed_paused_and_drained() -> anyhow::Result<()> {
    let report = unleash(Path::new(BINARY), &args(10, 0, &[Deed::Kill, Deed::Pause, Deed::Drain]), None).await?;
    assert!(report.deeds.len() >= 3, "{:?}", report.deeds);
    assert!(report.verdict.acknowledged > 50, "{:?}", report.verdict);
    report.check()
}

#[tokio::test]
async fn nothing_that_was_acknowledged_is_lost_when_the_store_is_gone() -> anyhow::Result<()> {
    let report = unleash(Path::new(BINARY), &args(10, 3, &[Deed::Kill]), None).await?;
    assert!(report.deeds.iter().any(|(_, deed)| deed.contains("store was paused")), "{:?}", report.deeds);
    assert!(report.outcome.again.contains_key("told to come back"), "{:?}", report.outcome.again);
    report.check()
}

#[tokio::test]
async fn a_drain_loses_no_call_and_sends_none_again() -> anyhow::Result<()> {
    let report = unleash(Path::new(BINARY), &args(9, 0, &[Deed::Drain]), None).await?;
    assert_eq!(report.outcome.again.len(), 0, "{:?}: {:?}", report.deeds, report.outcome.again);
    report.check()
}
