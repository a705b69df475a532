//! One sort for every quantile: the readings in ascending order, with their places.

/// The readings that are there, ascending, each with its index.
///
/// Dealing them out in this order gives every slot, day type or mask its own ascending list.
#[derive(Debug)]
pub(crate) struct Order {
    /// Values, ascending.
    pub(super) kw: Vec<f64>,
    /// Index of each value's reading.
    pub(super) index: Vec<u32>,
}

impl Order {
    /// Sorts `load_kw`; NaN is left out.
    pub(crate) fn of(load_kw: &[f64]) -> Self {
        // One integer holds the value's leading bits and its index.
        let index_bits = usize::BITS - load_kw.len().leading_zeros();
        let low = (1u64 << index_bits) - 1;
        let mut keys: Vec<u64> = Vec::with_capacity(load_kw.len());
        for (index, kw) in load_kw.iter().enumerate().filter(|(_, kw)| !kw.is_nan()) {
            keys.push((ordered(*kw) & !low) | index as u64);
        }
        let unsorted_bits = sort_by_leading_bits(&mut keys);
        let at = |key: &u64| load_kw.get((key & low) as usize).copied().unwrap_or(f64::NAN);
        let mut kw: Vec<f64> = keys.iter().map(at).collect();
        // Values that differ in the trailing bits only may still be out of order; hardly any meter has them.
        if !kw.is_sorted_by(|a, b| a.total_cmp(b).is_le()) {
            for alike in keys.chunk_by_mut(|a, b| a >> unsorted_bits == b >> unsorted_bits) {
                alike.sort_by(|a, b| at(a).total_cmp(&at(b)));
            }
            kw = keys.iter().map(at).collect();
        }
        Self { kw, index: keys.iter().map(|key| (key & low) as u32).collect() }
    }

    /// The values with their indices, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (f64, usize)> {
        self.kw.iter().copied().zip(self.index.iter().map(|index| *index as usize))
    }

    /// Deals the values into `groups` ascending lists, which lie in `dealt`; `group_of` is one group a
    /// reading, and a group that does not exist drops the value.
    pub(super) fn deal<'a>(&self, group_of: &[u32], groups: usize, dealt: &'a mut Vec<f64>) -> Vec<&'a [f64]> {
        // Behind the groups lies one more, for the values that are dropped.
        let group = |group: u32| (group as usize).min(groups);
        let mut next = vec![0; groups + 1];
        for one in group_of {
            next[group(*one)] += 1;
        }
        let mut first = 0;
        for next in &mut next {
            first += std::mem::replace(next, first);
        }
        let firsts = next.clone();
        dealt.resize(group_of.len(), 0.0);
        for (kw, index) in self.iter() {
            if let Some(one) = group_of.get(index) {
                let place = &mut next[group(*one)];
                dealt[*place] = kw;
                *place += 1;
            }
        }
        firsts.into_iter().zip(next).take(groups).map(|(first, end)| &dealt[first..end]).collect()
    }
}

/// Bits of a digit: its counts stay in the nearest memory.
const DIGIT_BITS: u32 = 12;
/// Digits that are sorted by: 36 bits of those in which keys differ, about ten decimal places of a load.
const DIGITS: u32 = 3;

/// Radix sort by the leading bits of those in which the keys differ, which keeps the order of keys that
/// are alike in them; gives the number of bits behind them.
fn sort_by_leading_bits(keys: &mut Vec<u64>) -> u32 {
    let (least, most) = keys.iter().fold((u64::MAX, 0), |(least, most), key| (least.min(*key), most.max(*key)));
    let unsorted_bits = (u64::BITS - (least ^ most).leading_zeros()).saturating_sub(DIGITS * DIGIT_BITS);
    let digit =
        |key: u64, place: usize| (key >> (unsorted_bits + place as u32 * DIGIT_BITS)) as usize % (1 << DIGIT_BITS);
    let mut counts = vec![[0u32; 1 << DIGIT_BITS]; DIGITS as usize];
    for key in keys.iter() {
        for (place, counts) in counts.iter_mut().enumerate() {
            counts[digit(*key, place)] += 1;
        }
    }
    let mut sorted = vec![0; keys.len()];
    for (place, counts) in counts.iter_mut().enumerate() {
        if counts.contains(&(keys.len() as u32)) {
            continue; // all alike
        }
        let mut next = 0;
        for count in counts.iter_mut() {
            next += std::mem::replace(count, next);
        }
        for key in keys.iter() {
            let place = &mut counts[digit(*key, place)];
            if let Some(slot) = sorted.get_mut(*place as usize) {
                *slot = *key;
            }
            *place += 1;
        }
        std::mem::swap(keys, &mut sorted);
    }
    unsorted_bits
}

/// An integer whose order is that of the float.
fn ordered(value: f64) -> u64 {
    let bits = value.to_bits();
    bits ^ ((((bits as i64) >> 63) as u64) | (1 << 63))
}

/// The value that is `better` than all others and its index, the earliest of equals; NaN is never better.
/// `None` where all are NaN.
pub(super) fn extreme(values: &[f64], worst: f64, better: impl Fn(f64, f64) -> bool) -> Option<(f64, usize)> {
    // Eight lanes, which the compiler turns into vector instructions.
    let mut lanes = [worst; 8];
    let (eights, rest) = values.as_chunks::<8>();
    for values in eights.iter().map(|eight| &eight[..]).chain([rest]) {
        for (best, value) in lanes.iter_mut().zip(values) {
            *best = if better(*value, *best) { *value } else { *best };
        }
    }
    let best = lanes.into_iter().fold(worst, |best, value| if better(value, best) { value } else { best });
    values.iter().position(|value| *value == best).map(|index| (best, index))
}

/// The highest value and its index, as [`extreme`].
pub(crate) fn highest(values: &[f64]) -> Option<(f64, usize)> {
    extreme(values, f64::NEG_INFINITY, |a, b| a > b)
}

/// The lowest value and its index, as [`extreme`].
pub(super) fn lowest(values: &[f64]) -> Option<(f64, usize)> {
    extreme(values, f64::INFINITY, |a, b| a < b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_that_differ_in_the_last_bit_are_in_order() {
        let next = f64::from_bits(100.0f64.to_bits() + 1);
        let order = Order::of(&[next, 100.0, f64::NAN, -1.0, next, -0.0]);
        assert_eq!(order.kw, [-1.0, -0.0, 100.0, next, next]);
        assert_eq!(order.index, [3, 5, 1, 0, 4]);
    }

    proptest! {
        #[test]
        fn order_is_a_stable_sort(values in prop::collection::vec(prop_oneof![Just(f64::NAN), -1e3..1e3f64, Just(5.0)], 0..200)) {
            let mut slow: Vec<(f64, usize)> =
                values.iter().copied().enumerate().filter(|(_, kw)| !kw.is_nan()).map(|(at, kw)| (kw, at)).collect();
            slow.sort_by(|a, b| a.0.total_cmp(&b.0));
            prop_assert_eq!(Order::of(&values).iter().collect::<Vec<_>>(), slow.clone());
            let first = |kw: Option<f64>| kw.and_then(|kw| Some((kw, values.iter().position(|v| *v == kw)?)));
            prop_assert_eq!(highest(&values), first(slow.last().map(|last| last.0)));
            prop_assert_eq!(lowest(&values), first(slow.first().map(|first| first.0)));
        }
    }
}
