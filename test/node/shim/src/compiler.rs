use std::hash::Hash;

use anyhow::Result;
use containerd_shim_wasm::sandbox::context::{WasmBinaryType, WasmLayer};
use containerd_shim_wasm::shim::Compiler;
use wasmtime::{Config, Engine};

/// Returns what the compiler and the sandbox have in common. Wasmtime rejects code that another configuration compiled.
pub fn engine_config() -> Config {
    let mut config = Config::new();
    config.async_support(true).wasm_component_model(true);
    config
}

/// Compiles Wasm layers in the shim, outside of the container. containerd keeps the results for the next container.
pub struct LayerCompiler(Engine);

impl LayerCompiler {
    pub fn new() -> Self {
        Self(Engine::new(&engine_config()).expect("the configuration is constant"))
    }

    fn compile_layer(&self, bytes: &[u8]) -> Result<Option<Vec<u8>>> {
        match WasmBinaryType::from_bytes(bytes) {
            Some(WasmBinaryType::Module) => self.0.precompile_module(bytes).map(Some),
            Some(WasmBinaryType::Component) => self.0.precompile_component(bytes).map(Some),
            None => Ok(None),
        }
    }
}

impl Compiler for LayerCompiler {
    fn cache_key(&self) -> impl Hash {
        self.0.precompile_compatibility_hash()
    }

    async fn compile(&self, layers: &[WasmLayer]) -> Result<Vec<Option<Vec<u8>>>> {
        layers.iter().map(|layer| self.compile_layer(&layer.layer)).collect()
    }
}
