//! Seeded noise, one stream of random numbers a purpose.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};

/// What random numbers are for. Each purpose has its own stream, so that one never shifts another.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    Weather = 1,
    ProductionOfDay = 2,
    ProductionOfInterval = 3,
    Base = 4,
    Faults = 5,
    SupplyVoltage = 6,
    VoltageOfPhase = 7,
    ShareOfPhase = 8,
}

/// The stream of a seed for a purpose.
pub(super) fn stream(seed: u64, purpose: Purpose) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(purpose as u64);
    random
}

/// `len` values of a first-order autoregressive process with mean 0, this standard deviation and
/// this correlation from one value to the next.
pub(super) fn autoregressive(random: &mut ChaCha8Rng, len: usize, sigma: f64, correlation: f64) -> Vec<f64> {
    let fresh = (1.0 - correlation * correlation).max(0.0).sqrt();
    let mut unit: Option<f64> = None;
    (0..len)
        .map(|_| {
            let normal: f64 = StandardNormal.sample(random);
            let next = unit.map_or(normal, |last| correlation * last + fresh * normal);
            unit = Some(next);
            sigma * next
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_has_the_spread_and_correlation_asked_for() {
        let values = autoregressive(&mut stream(1, Purpose::Base), 100_000, 2.0, 0.6);
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / values.len() as f64;
        let products = values.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum::<f64>();
        assert!(mean.abs() < 0.05 && (variance - 4.0).abs() < 0.1, "{mean} {variance}");
        assert!((products / values.len() as f64 / variance - 0.6).abs() < 0.02);
    }

    #[test]
    fn purposes_and_seeds_are_apart() {
        let first = |seed, purpose| autoregressive(&mut stream(seed, purpose), 1, 1.0, 0.0)[0];
        assert_eq!(first(1, Purpose::Base), first(1, Purpose::Base));
        assert_ne!(first(1, Purpose::Base), first(2, Purpose::Base));
        assert_ne!(first(1, Purpose::Base), first(1, Purpose::Weather));
    }
}
