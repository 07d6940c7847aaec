//! What holds of all values, asked of some that are drawn at random: from seeds that are always the same, and from one
//! that nobody has seen. `PORTOLAN_SEED` draws from that one alone.

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngSeed, TestCaseResult, TestRunner};

const ALWAYS: [u64; 2] = [1, 2];
/// Each case is a server of its own.
const MAX_SHRINK_ITERS: u32 = 40;

/// Asks of so many values from each seed. What fails is said with its seed.
pub fn holds_of_all<S: Strategy>(n_cases: u32, values: &S, holds: impl Fn(S::Value) -> TestCaseResult) {
    for seed in seeds() {
        let config = Config {
            cases: n_cases,
            max_shrink_iters: MAX_SHRINK_ITERS,
            failure_persistence: None,
            rng_seed: RngSeed::Fixed(seed),
            ..Config::default()
        };
        if let Err(failure) = TestRunner::new(config).run(values, &holds) {
            panic!("PORTOLAN_SEED={seed}: {failure}");
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a variable says which seed, and the time says one that is new")]
fn seeds() -> Vec<u64> {
    let asked = std::env::var("PORTOLAN_SEED").ok().map(|seed| seed.parse().expect("a number"));
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("it is later than that");
    asked.map_or_else(|| ALWAYS.into_iter().chain([now.as_nanos() as u64]).collect(), |seed| vec![seed])
}
