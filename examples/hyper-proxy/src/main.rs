//! `example-hyper-proxy MANIFEST GATEWAY LISTEN PORT [BACKEND=ADDRESS]...`
//!
//! Serves the listeners on PORT of GATEWAY (`namespace/name`) at the address LISTEN. A backend is
//! `namespace/name:port`, as the routes have it, and ADDRESS is where it really is:
//!
//! ```text
//! example-hyper-proxy shop.yaml shop/public 127.0.0.1:8000 80 shop/cart-v1:8080=127.0.0.1:9001
//! ```

use std::collections::HashMap;
use std::sync::Arc;

use example_hyper_proxy::Proxy;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [manifest, gateway, listen, port, backends @ ..] = arguments.as_slice() else {
        return Err("usage: example-hyper-proxy MANIFEST GATEWAY LISTEN PORT [BACKEND=ADDRESS]...".into());
    };
    let mut endpoints = HashMap::new();
    for backend in backends {
        let (name, address) = backend.split_once('=').ok_or("a backend is given as namespace/name:port=address")?;
        endpoints.insert(name.to_owned(), address.parse()?);
    }
    let proxy = Arc::new(Proxy::new(&std::fs::read(manifest)?, gateway, endpoints)?);
    let socket = tokio::net::TcpListener::bind(listen).await?;
    println!("serving {gateway} on {}", socket.local_addr()?);
    proxy.serve(socket, port.parse()?).await?;
    Ok(())
}
