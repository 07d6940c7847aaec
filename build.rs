//! A new file in the embedded folder must rebuild the binary that carries it.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=target/site");
}
