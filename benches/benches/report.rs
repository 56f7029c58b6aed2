//! First form: nanoseconds a lookup.
use std::time::Duration;

use gateway_benches::{Workload, contestants, interleaved};

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    for workload in Workload::ALL.into_iter().filter(|found| wanted.is_empty() || wanted.contains(&found.to_string())) {
        for size in workload.sizes() {
            let table = workload.table(*size);
            let engines = contestants(&table);
            let samples = interleaved(&table, &engines, 200, Duration::from_millis(500));
            print!("{workload} {size:>7}");
            for ((engine, _), sample) in engines.iter().zip(&samples) {
                print!("  {} {:.1}", engine.name(), sample.median());
            }
            println!();
        }
    }
}
