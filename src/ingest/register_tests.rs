use super::*;

/// Steps of these lengths and energies, one after another.
fn steps(energies: impl IntoIterator<Item = f64>, length_s: i64) -> Vec<Step> {
    let step = |(k, energy)| {
        let start = k as i64 * length_s;
        Step { start, end: start + length_s, energy: Some(energy), flag: Flag::Measured }
    };
    energies.into_iter().enumerate().map(step).collect()
}

#[test]
fn a_transformer_ratio_is_told_from_weekends_seasons_and_growth() {
    let weeks = |factor: fn(usize) -> f64| {
        steps((0..140).map(|day| factor(day) * if day % 7 < 5 { 100.0 } else { 20.0 }), DAY_S)
    };
    let change = multiplier_change(&weeks(|day| if day < 70 { 1.0 } else { 20.0 })).unwrap();
    assert_eq!(change.ratio, 20.0);
    assert!((63 * DAY_S..=77 * DAY_S).contains(&change.at), "within a week: {}", change.at / DAY_S);
    let down = multiplier_change(&weeks(|day| if day < 70 { 40.0 } else { 1.0 })).unwrap();
    assert_eq!((down.ratio, down.before_per_day > down.after_per_day), (1.0 / 40.0, true));
    assert_eq!(multiplier_change(&weeks(|_| 1.0)), None);
    assert_eq!(multiplier_change(&weeks(|day| 1.0 + day as f64 / 70.0)), None, "growth");
    assert_eq!(multiplier_change(&weeks(|day| if (60..75).contains(&day) { 0.05 } else { 1.0 })), None, "a holiday");
    assert_eq!(multiplier_change(&weeks(|day| if day < 70 { 1.0 } else { 3.0 })), None, "no transformer has 3");
    assert_eq!(multiplier_change(&[]), None);
}

#[test]
fn a_runaway_step_needs_to_outdo_all_others_together() {
    let readings = |increments: &[f64]| {
        let mut value = 0.0;
        let first = Reading { at: 0, value, flag: Flag::Measured, row: 0 };
        let rest = increments.iter().enumerate().map(|(k, increment)| {
            value += increment;
            Reading { at: (k as i64 + 1) * 900, value, flag: Flag::Measured, row: k + 1 }
        });
        std::iter::once(first).chain(rest).collect::<Vec<_>>()
    };
    let mut increments = vec![2.0; 50];
    increments[20] = 99.0; // more than 20 × 2, and than the 98 of all others
    assert_eq!(Limits::of(&readings(&increments)).runaway_from, 20.0 * 2.0 / 900.0);
    increments[20] = 97.0;
    assert_eq!(Limits::of(&readings(&increments)).runaway_from, f64::INFINITY);
    increments[20] = 39.0;
    assert_eq!(Limits::of(&readings(&increments)).largest, Some(39.0 / 900.0));
    assert_eq!(Limits::of(&readings(&[0.0; 50])).largest, None);
    assert_eq!(Limits::of(&readings(&[1.0, 500.0, 1.0])).runaway_from, f64::INFINITY, "too few to tell");
}
