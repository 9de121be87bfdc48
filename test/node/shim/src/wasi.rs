use anyhow::Result;
use containerd_shim_wasm::sandbox::context::RuntimeContext;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{DirPerms, FilePerms, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

/// Gives a program all that its container has: arguments, environment, standard streams, network and the whole root file
/// system.
pub fn wasi_of_container(context: &impl RuntimeContext) -> Result<WasiCtxBuilder> {
    let variables: Vec<(&str, &str)> =
        context.envs().iter().map(|entry| entry.split_once('=').unwrap_or((entry, ""))).collect();
    let mut builder = WasiCtxBuilder::new();
    builder
        .args(context.args())
        .envs(&variables)
        .inherit_stdio()
        .inherit_network()
        .allow_ip_name_lookup(true)
        .preopened_dir("/", "/", DirPerms::all(), FilePerms::all())?;
    Ok(builder)
}

/// The state of a component.
pub struct ComponentState {
    wasi: WasiCtx,
    resources: ResourceTable,
}

impl ComponentState {
    pub fn new(context: &impl RuntimeContext) -> Result<Self> {
        Ok(Self { wasi: wasi_of_container(context)?.build(), resources: ResourceTable::new() })
    }
}

impl WasiView for ComponentState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.resources }
    }
}
