//! A new file in the embedded folder must rebuild the binary that carries it.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Where the folder is missing it counts as changed, and everything would be built anew each time.
    if std::env::var_os("CARGO_FEATURE_EMBED").is_some() {
        println!("cargo::rerun-if-changed=target/site");
    }
}
