//! make-component MODULE COMPONENT: writes a command component that contains this WASI preview 1 command.

use std::env::args;
use std::fs;

use anyhow::{Context, Result};
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER,
};
use wit_component::ComponentEncoder;

fn main() -> Result<()> {
    let usage = "usage: make-component MODULE COMPONENT";
    let (source, target) = (args().nth(1).context(usage)?, args().nth(2).context(usage)?);
    let module = fs::read(&source).with_context(|| format!("cannot read {source:?}"))?;
    let component = ComponentEncoder::default()
        .validate(true)
        .module(&module)?
        .adapter(WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER)?
        .encode()?;
    fs::write(&target, component).with_context(|| format!("cannot write {target:?}"))
}
