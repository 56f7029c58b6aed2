//! Every engine answers the same, on every workload.

use gateway_benches::{Engine, Workload, contestants};

#[test]
fn the_scan_and_the_router_find_the_same_route() {
    for workload in Workload::ALL {
        for size in [10, 120] {
            let table = workload.table(size);
            let engines = contestants(&table);
            let (_, ours) = &engines[0];
            for request in table.requests(300, 7).iter().chain(&table.hits().collect::<Vec<_>>()) {
                let found = ours.route_of(&request.asked());
                for (name, engine) in engines.iter().filter(|(name, _)| matches!(name, Engine::Scan | Engine::ScanOnce))
                {
                    assert_eq!(engine.route_of(&request.asked()), found, "{workload} {size} {name:?}: {request:?}");
                }
            }
        }
    }
}

#[test]
fn the_other_rivals_find_it_where_one_text_tells() {
    let told_by_one_text = [Workload::W1, Workload::W2, Workload::W3, Workload::W4, Workload::W6, Workload::W7];
    for workload in told_by_one_text {
        let table = workload.table(120);
        for (name, engine) in contestants(&table) {
            for (number, request) in (0..).zip(table.hits()) {
                assert_eq!(engine.route_of(&request.asked()), Some(number), "{workload} {name:?}: {request:?}");
            }
        }
    }
}

#[test]
fn as_many_requests_hit_as_a_workload_says() {
    for workload in Workload::ALL {
        let table = workload.table(200);
        let requests = table.requests(5_000, 3);
        let asked: Vec<_> = requests.iter().map(gateway_benches::Request::asked).collect();
        let wanted = if matches!(workload, Workload::W5 | Workload::W5D) { 0.78..=0.82 } else { 1.0..=1.0 };
        for (name, engine) in contestants(&table).iter().filter(|(name, _)| *name != Engine::Floor) {
            let hits = engine.answer_all(&asked) as f64 / 5_000.0;
            assert!(wanted.contains(&hits), "{workload} {name:?}: {hits} of the requests hit");
        }
    }
}

#[test]
fn tables_are_the_same_each_time() {
    for workload in Workload::ALL {
        let (first, second) = (workload.table(200), workload.table(200));
        let texts = |table: &gateway_benches::Table| format!("{table:?} {:?}", table.requests(50, 1));
        assert_eq!(texts(&first), texts(&second), "{workload}");
    }
}

#[test]
fn requests_written_over_others_are_those_made_anew() {
    for workload in Workload::ALL {
        let table = workload.table(200);
        let mut requests = table.requests(200, 1);
        for seed in 2..6 {
            table.draw_over(&mut requests, seed);
            assert_eq!(format!("{requests:?}"), format!("{:?}", table.requests(200, seed)), "{workload} {seed}");
        }
    }
}
