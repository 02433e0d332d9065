//! Taking the names of functions out of WebAssembly modules.
//!
//! wasm-bindgen leaves them in; they are an eighth of the worker's module and
//! only a debugger reads them. wasm-opt would take them out as well, but old
//! versions of it, as Debian ships, break wasm-bindgen's table of references
//! ("failed to grow table"), and after LLVM's own optimiser even a new one wins 1 % of the
//! compressed size and no time, for minutes of work (docs/BENCHMARKS.md).

/// Section id of custom sections (WebAssembly core specification, 5.5.3).
const CUSTOM: u8 = 0;

/// The module without its `name` section; `None` where it is no module.
pub fn without_names(module: &[u8]) -> Option<Vec<u8>> {
    // Magic and version.
    let (head, mut rest) = module.split_at_checked(8)?;
    if !head.starts_with(b"\0asm") {
        return None;
    }
    let mut kept = head.to_vec();
    while let Some((&id, after)) = rest.split_first() {
        let (size, content) = leb128(after)?;
        let (content, next) = content.split_at_checked(size)?;
        if !(id == CUSTOM && custom_name(content)? == b"name") {
            kept.extend_from_slice(&rest[..rest.len() - next.len()]);
        }
        rest = next;
    }
    Some(kept)
}

fn custom_name(content: &[u8]) -> Option<&[u8]> {
    let (length, rest) = leb128(content)?;
    rest.get(..length)
}

/// An unsigned 32-bit number in LEB128, and what follows it.
fn leb128(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0;
    for (index, &byte) in bytes.iter().enumerate().take(5) {
        value |= usize::from(byte & 0x7f) << (7 * index);
        if byte < 0x80 {
            return Some((value, &bytes[index + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &[u8] = b"\0asm\x01\0\0\0";
    // Type section: one function type, no parameters, no results.
    const TYPES: &[u8] = &[1, 4, 1, 0x60, 0, 0];

    #[test]
    fn only_the_names_go() {
        // Its size in two bytes, as linkers write it.
        let names = b"\x00\x87\x00\x04namexx";
        let features = b"\x00\x06\x04feat!";
        let module = [HEAD, TYPES, names, features].concat();
        let kept = without_names(&module).expect("it is a module");
        assert_eq!(kept, [HEAD, TYPES, features].concat());
        assert_eq!(without_names(&kept).expect("it still is"), kept);
    }

    #[test]
    fn what_is_no_module_is_refused() {
        for bytes in [
            &b""[..],
            b"\0asm",
            b"<!doctype html>",
            // A section longer than the file.
            b"\0asm\x01\0\0\0\x01\x05\x00",
            // A number that does not end.
            b"\0asm\x01\0\0\0\x01\xff\xff\xff\xff\xff\xff",
        ] {
            assert!(without_names(bytes).is_none(), "{bytes:?}");
        }
    }
}
