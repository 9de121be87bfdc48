use anyhow::{Context, Result, bail};
use containerd_shim_wasm::sandbox::Sandbox;
use containerd_shim_wasm::sandbox::context::{RuntimeContext, WasmBinaryType};
use tokio::signal::unix::{SignalKind, signal};
use wasmtime::component::{Component, Linker as ComponentLinker};
use wasmtime::{
    Config, Engine, InstanceAllocationStrategy, Linker, Memory, MemoryType, Module, PoolingAllocationConfig, Precompiled,
    Store,
};
use wasmtime_wasi::I32Exit;
use wasmtime_wasi::p2::bindings::Command;
use wasmtime_wasi::preview1::{self, WasiP1Ctx};

use crate::compiler::engine_config;
use crate::wasi::{ComponentState, wasi_of_container};

/// Runs one module or component in its container.
pub struct WasmSandbox(Engine);

impl Default for WasmSandbox {
    fn default() -> Self {
        let mut config = engine_config();
        if can_reserve_pool() {
            config.allocation_strategy(InstanceAllocationStrategy::Pooling(PoolingAllocationConfig::default()));
        }
        Self(Engine::new(&config).expect("the configuration is constant"))
    }
}

enum Program {
    Module(Module),
    Component(Component),
}

impl Sandbox for WasmSandbox {
    async fn run_wasi(&self, context: &impl RuntimeContext) -> Result<i32> {
        let entrypoint = context.entrypoint();
        let outcome = match self.load(&entrypoint.source.as_bytes()?)? {
            Program::Module(module) => self.run_module(context, &module, &entrypoint.func).await,
            Program::Component(component) => tokio::select! {
                outcome = self.run_component(context, &component, &entrypoint.func) => outcome,
                code = code_of_signal() => code,
            },
        };
        outcome.or_else(|error| match error.downcast_ref::<I32Exit>() {
            Some(exit) => Ok(exit.0),
            None => Err(error),
        })
    }
}

impl WasmSandbox {
    fn load(&self, bytes: &[u8]) -> Result<Program> {
        Ok(match (WasmBinaryType::from_bytes(bytes), Engine::detect_precompiled(bytes)) {
            (Some(WasmBinaryType::Module), _) => Program::Module(Module::from_binary(&self.0, bytes)?),
            (Some(WasmBinaryType::Component), _) => Program::Component(Component::from_binary(&self.0, bytes)?),
            // SAFETY: containerd's content store has these bytes from `LayerCompiler`.
            (None, Some(Precompiled::Module)) => Program::Module(unsafe { Module::deserialize(&self.0, bytes)? }),
            (None, Some(Precompiled::Component)) => Program::Component(unsafe { Component::deserialize(&self.0, bytes)? }),
            (None, None) => bail!("neither a module nor a component"),
        })
    }

    async fn run_module(&self, context: &impl RuntimeContext, module: &Module, function: &str) -> Result<i32> {
        let mut store = Store::new(&self.0, wasi_of_container(context)?.build_p1());
        let mut linker: Linker<WasiP1Ctx> = Linker::new(&self.0);
        preview1::add_to_linker_async(&mut linker, |wasi| wasi)?;
        let instance = linker.instantiate_async(&mut store, module).await?;
        let start = instance
            .get_func(&mut store, function)
            .with_context(|| format!("the module exports no function {function:?}"))?;
        start.call_async(&mut store, &[], &mut []).await?;
        Ok(0)
    }

    async fn run_component(&self, context: &impl RuntimeContext, component: &Component, function: &str) -> Result<i32> {
        let mut store = Store::new(&self.0, ComponentState::new(context)?);
        let mut linker = ComponentLinker::new(&self.0);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        let world = component.component_type();
        if world.exports(&self.0).any(|(name, _)| name.starts_with("wasi:cli/run")) {
            let command = Command::instantiate_async(&mut store, component, &linker).await?;
            let outcome = command.wasi_cli_run().call_run(&mut store).await?;
            outcome.map(|()| 0).map_err(|()| anyhow::anyhow!("the component's run function returned an error"))
        } else {
            let instance = linker.instantiate_async(&mut store, component).await?;
            let start = instance
                .get_func(&mut store, function)
                .with_context(|| format!("the component exports no function {function:?}"))?;
            start.call_async(&mut store, &[], &mut []).await?;
            Ok(0)
        }
    }
}

/// Waits for a signal that ends a process. The kernel ignores those for the first process of a container unless it handles
/// them.
async fn code_of_signal() -> Result<i32> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut quit = signal(SignalKind::quit())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let received = tokio::select! {
        _ = terminate.recv() => SignalKind::terminate(),
        _ = quit.recv() => SignalKind::quit(),
        _ = interrupt.recv() => SignalKind::interrupt(),
    };
    Ok(128 + received.as_raw_value())
}

/// Reports whether the process can reserve 4 TiB of addresses, which the pool of memories takes. Upstream's shim uses the pool
/// if so.
fn can_reserve_pool() -> bool {
    const RESERVATION_BITS: u32 = 42;
    const WASM_PAGE_BITS: u32 = 16;
    let mut config = Config::new();
    config.wasm_memory64(true).memory_reservation(1 << RESERVATION_BITS);
    let Ok(engine) = Engine::new(&config) else { return false };
    let largest = MemoryType::new64(0, Some(1 << (RESERVATION_BITS - WASM_PAGE_BITS)));
    Memory::new(&mut Store::new(&engine, ()), largest).is_ok()
}
