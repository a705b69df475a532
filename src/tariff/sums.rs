//! Sums over intervals of which some are missing.

/// How many values are there.
pub(crate) fn count_present(values: &[f64]) -> usize {
    values.iter().filter(|value| !value.is_nan()).count()
}

/// Sum of what is there. Four sums side by side, always in the same order.
pub(crate) fn sum_present(values: &[f64]) -> f64 {
    let present = |value: &f64| if value.is_nan() { 0.0 } else { *value };
    let (fours, rest) = values.as_chunks::<4>();
    let mut sums = [0.0; 4];
    for four in fours {
        for (sum, value) in sums.iter_mut().zip(four) {
            *sum += present(value);
        }
    }
    rest.iter().map(present).sum::<f64>() + ((sums[0] + sums[2]) + (sums[1] + sums[3]))
}

#[derive(Clone, Copy, Default)]
pub(crate) struct Joint {
    pub(crate) intervals: usize,
    pub(crate) kwh: f64,
    pub(crate) import_kvarh: f64,
    pub(crate) export_kvarh: f64,
}

impl Joint {
    fn add(&mut self, kwh: f64, import: f64, export: f64) {
        let is_there = !(kwh + import + export).is_nan();
        let present = |value: f64| if is_there { value } else { 0.0 };
        self.intervals += usize::from(is_there);
        self.kwh += present(kwh);
        self.import_kvarh += present(import.abs());
        self.export_kvarh += present(export.abs());
    }

    fn and(self, other: Self) -> Self {
        Self {
            intervals: self.intervals + other.intervals,
            kwh: self.kwh + other.kwh,
            import_kvarh: self.import_kvarh + other.import_kvarh,
            export_kvarh: self.export_kvarh + other.export_kvarh,
        }
    }
}

/// Sums over the intervals in which every given channel has a reading. Four sums side by side, as in [`sum_present`].
pub(crate) fn joint_sums(kwh: &[f64], import: &[f64], export: Option<&[f64]>) -> Joint {
    let none = if export.is_none() { vec![0.0; kwh.len()] } else { Vec::new() };
    let export = export.unwrap_or(&none);
    let (kwh, kwh_rest) = kwh.as_chunks::<4>();
    let (import, import_rest) = import.as_chunks::<4>();
    let (export, export_rest) = export.as_chunks::<4>();
    let mut sums = [Joint::default(); 4];
    for ((kwh, import), export) in kwh.iter().zip(import).zip(export) {
        for (at, sum) in sums.iter_mut().enumerate() {
            sum.add(kwh[at], import[at], export[at]);
        }
    }
    let mut rest = Joint::default();
    for ((kwh, import), export) in kwh_rest.iter().zip(import_rest).zip(export_rest) {
        rest.add(*kwh, *import, *export);
    }
    let [first, second, third, fourth] = sums;
    rest.and(first.and(third).and(second.and(fourth)))
}
