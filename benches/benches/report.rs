//! First form: nanoseconds a lookup.
use std::time::Duration;

use gateway_benches::{Workload, contestants, interleaved};

fn main() {
    for workload in Workload::ALL {
        for size in workload.sizes() {
            let table = workload.table(*size);
            let engines = contestants(&table);
            let samples = interleaved(&table, &engines, 200, Duration::from_millis(500));
            print!("{workload} {size:>7}");
            for ((name, _), sample) in engines.iter().zip(&samples) {
                print!("  {name} {:.1}", sample.median());
            }
            println!();
        }
    }
}
