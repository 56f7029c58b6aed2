//! Where the results go: `results/` and the tables of `README.md`.

use std::fmt::Write;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};
use std::{fs, io, thread};

use gateway_benches::{Engine, Panel, Series, Workload, svg};

use crate::demands::{Demand, grouped, table};
use crate::figure::{Figure, rounded};
use crate::lookups::Lookups;

const ENGINES: [Engine; 5] = [Engine::Ours, Engine::Scan, Engine::ScanOnce, Engine::Matchit, Engine::Floor];

/// Between these lines `README.md` has what was measured.
const BEGIN: &str = "<!-- measured -->\n";
const END: &str = "<!-- end -->\n";

pub(crate) fn write(lookups: &Lookups, figures: &[Figure], demands: &[Demand]) -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let results = folder.join("results");
    fs::create_dir_all(&results)?;
    fs::write(results.join("lookups.csv"), lookups_csv(lookups))?;
    fs::write(results.join("figures.csv"), figures_csv(figures))?;
    fs::write(results.join("lookups.svg"), plot(lookups))?;
    let readme = folder.join("README.md");
    let text = fs::read_to_string(&readme)?;
    if let Some((before, rest)) = text.split_once(BEGIN)
        && let Some((_, after)) = rest.split_once(END)
    {
        fs::write(readme, format!("{before}{BEGIN}{}{END}{after}", measured(lookups, figures, demands)))?;
    }
    Ok(())
}

fn lookups_csv(lookups: &Lookups) -> String {
    let mut csv = String::from("workload,routes,engine,median_ns,first_quartile_ns,third_quartile_ns,instructions\n");
    for found in &lookups.0 {
        let (first, third) = found.nanoseconds.quartiles();
        let instructions = found.instructions.map_or(String::new(), |count| format!("{count:.1}"));
        line(
            &mut csv,
            &format!(
                "{},{},{},{:.2},{first:.2},{third:.2},{instructions}",
                found.workload,
                found.size,
                found.engine.name(),
                found.nanoseconds.median(),
            ),
        );
    }
    csv
}

fn figures_csv(figures: &[Figure]) -> String {
    let mut csv = String::from("name,value,unit\n");
    for figure in figures {
        line(&mut csv, &format!("\"{}\",{},{}", figure.name, figure.value, figure.unit));
    }
    csv
}

fn plot(lookups: &Lookups) -> String {
    let panels: Vec<Panel> = Workload::ALL
        .into_iter()
        .map(|workload| Panel {
            title: format!("{workload}: {}", workload.title()),
            series: Engine::of(workload)
                .iter()
                .map(|engine| Series { name: engine.name().to_owned(), points: points(lookups, *engine, workload) })
                .collect(),
        })
        .collect();
    svg("A lookup", "nanoseconds over the number of routes", &ENGINES.map(Engine::name), &panels)
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn points(lookups: &Lookups, engine: Engine, workload: Workload) -> Vec<(f64, f64)> {
    let sizes = workload.sizes().iter();
    sizes
        .map(|size| (*size as f64, lookups.nanoseconds(engine, workload, *size)))
        .filter(|(_, y)| y.is_finite())
        .collect()
}

fn measured(lookups: &Lookups, figures: &[Figure], demands: &[Demand]) -> String {
    let mut text = format!("Measured on {} on {}.\n\n", date(), machine());
    line(&mut text, "![nanoseconds over the number of routes](results/lookups.svg)\n");
    line(&mut text, "Nanoseconds a lookup (median), and in brackets the instructions:\n");
    line(&mut text, "| | routes | ours | scan | scan, headers once | `matchit` | floor |");
    line(&mut text, "| --- | --- | --- | --- | --- | --- | --- |");
    for workload in Workload::ALL {
        for size in workload.sizes() {
            let cells = ENGINES.map(|engine| match lookups.of(engine, workload, *size) {
                None => String::new(),
                Some(found) => {
                    let count = found.instructions.map_or(String::new(), |count| format!(" ({})", rounded(count)));
                    format!("{}{count}", rounded(found.nanoseconds.median()))
                }
            });
            line(&mut text, &format!("| {workload} | {} | {} |", grouped(*size), cells.join(" | ")));
        }
    }
    line(&mut text, "\nThe rest:\n");
    line(&mut text, "| | |");
    line(&mut text, "| --- | --- |");
    for figure in figures {
        line(&mut text, &format!("| {} | {} {} |", figure.name, rounded(figure.value), figure.unit));
    }
    line(&mut text, "\nAgainst what is promised:\n");
    text.push_str(&table(demands));
    text
}

fn line(text: &mut String, line: &str) {
    // Writing to a text does not fail.
    let _ = writeln!(text, "{line}");
}

/// The day, as year, month and day of the Gregorian calendar.
fn date() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    // Counted from 1 March of the year 0, so that a leap day ends its year.
    let days = seconds / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

fn machine() -> String {
    let processors = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processors
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map(|(_, name)| name.trim());
    let cores = thread::available_parallelism().map_or(1, usize::from);
    format!("{}, {cores} cores, shared with other work", model.unwrap_or("a processor that does not say its name"))
}
