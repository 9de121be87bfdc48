//! A containerd shim that runs WebAssembly with wasmtime, for tests on a real node. It uses the runwasi library like upstream's
//! containerd-shim-wasmtime and configures the engine the same way, but leaves out HTTP components and traces.

mod compiler;
mod sandbox;
mod wasi;

use compiler::LayerCompiler;
use containerd_shim_wasm::shim::{Cli, Shim, Version, version};
use sandbox::WasmSandbox;

struct NodeTestShim;

impl Shim for NodeTestShim {
    type Sandbox = WasmSandbox;

    fn name() -> &'static str {
        "wasmtime"
    }

    fn version() -> Version {
        version!()
    }

    #[allow(refining_impl_trait)]
    async fn compiler() -> Option<LayerCompiler> {
        Some(LayerCompiler::new())
    }
}

fn main() {
    NodeTestShim::run(None);
}
