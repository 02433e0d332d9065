//! The int8 kernel's own tests, which compare it with sums written out, compiled for
//! WebAssembly's vectors and run by the browser.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use super::harness::{Options, with_page};

/// `src/model/int8/product`, its tests with it, as a module whose `main` runs the tests: it
/// traps where one fails. The folder needs nothing but the standard library.
fn compiled() -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/model/int8/product/mod.rs");
    let place = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let (root, module) = (place.join("product.rs"), place.join("product.wasm"));
    let source = format!("#[path = {folder:?}]\nmod product;\n");
    std::fs::write(&root, source).expect("written");
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let status = Command::new(rustc)
        .args(["--test", "--edition", "2024", "-O", "--cap-lints", "allow"])
        .args(["-C", "strip=symbols"])
        .args([
            "--target",
            "wasm32-unknown-unknown",
            "-C",
            "target-feature=+simd128",
        ])
        .arg("-o")
        .args([&module, &root])
        .status();
    assert!(status.expect("rustc runs").success());
    std::fs::read(module).expect("a module")
}

#[tokio::test]
async fn the_kernel_in_webassembly_gives_the_sums_written_out() {
    let module = compiled();
    let digits: Vec<String> = module.iter().map(|byte| format!("{byte:02x}")).collect();
    let options = Options {
        fragment: "?autorun=off".to_owned(),
        ..Options::default()
    };
    with_page("int8-kernel", options, async |page| {
        let status = page
            .script_async(
                "const bytes = Uint8Array.from(arguments[0].match(/../g), pair => parseInt(pair, 16)); \
                 const { instance } = await WebAssembly.instantiate(bytes); \
                 return instance.exports.main(0, 0);",
                vec![json!(digits.concat())],
            )
            .await;
        assert_eq!(status, json!(0));
    })
    .await;
}
