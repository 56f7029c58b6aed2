//! Everything in one run: `cargo bench -p gateway-benches --bench report`.
//!
//! Prints medians, writes them to `results/` with a plot, and puts the tables into `README.md`. With names of
//! workloads (`-- W1 W5`) only those lookups are measured, and nothing is written.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a benchmark of tables made here may stop")]

mod demands;
mod figure;
mod hostile;
mod lookups;
#[cfg(feature = "manifests")]
mod manifests;
mod picks;
mod publish;
mod tables;

use gateway_benches::{CountingAllocator, Workload};

use lookups::Lookups;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let named = |workload: &Workload| arguments.is_empty() || arguments.contains(&workload.to_string());
    let workloads: Vec<Workload> = Workload::ALL.into_iter().filter(named).collect();
    let lookups = Lookups::measure(&workloads);
    if !arguments.is_empty() {
        return;
    }
    let mut figures = Vec::new();
    tables::measure(&mut figures);
    picks::measure(&mut figures);
    lookups::measure_threads(&mut figures);
    hostile::measure(&mut figures);
    #[cfg(feature = "manifests")]
    manifests::measure(&mut figures);
    let demands = demands::all(&lookups, &figures);
    print!("{}", demands::table(&demands));
    publish::write(&lookups, &figures, &demands).expect("the folder of the benches can be written to");
}
