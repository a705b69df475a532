//! The stamps of a table as they are read: runs of equal steps within a date, not interpreted until the order of day
//! and month is known.

use crate::ingest::stamp_cell;
use crate::ingest::stamp_text::{DateOrder, Shape, StampText};
use crate::ingest::step::modal_difference;
use crate::readings::Sure;

/// Stamps of one date at equal steps.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Run {
    first: StampText,
    step_s: i32,
    count: u32,
}

impl Run {
    fn next_second(&self) -> i64 {
        i64::from(self.first.second) + i64::from(self.step_s) * i64::from(self.count)
    }
}

/// Stamps in the order of the rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Stamps {
    runs: Vec<Run>,
    len: usize,
}

impl Stamps {
    pub(super) fn push(&mut self, stamp: StampText) {
        self.len += 1;
        if let Some(run) = self.runs.last_mut()
            && (run.first.fields, run.first.shape, run.first.offset_s) == (stamp.fields, stamp.shape, stamp.offset_s)
        {
            if run.count == 1 {
                (run.step_s, run.count) = (stamp.second - run.first.second, 2);
                return;
            }
            if run.next_second() == i64::from(stamp.second) {
                run.count += 1;
                return;
            }
        }
        self.runs.push(Run { first: stamp, step_s: 0, count: 1 });
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Whether a stamp is written as 24:00.
    pub(super) fn has_twenty_four(&self) -> bool {
        self.runs.iter().any(|run| run.next_second() - i64::from(run.step_s) == 86_400 || run.first.second == 86_400)
    }

    /// The first stamp of every run, with its row.
    fn firsts(&self) -> impl Iterator<Item = (usize, StampText)> + Clone {
        self.runs.iter().scan(0, |row, run| {
            let first = *row;
            *row += run.count as usize;
            Some((first, run.first))
        })
    }

    /// Seconds of every stamp: instants where it has an offset, else of the wall clock. An error has the row and the
    /// problem.
    pub(super) fn seconds(&self, order: DateOrder) -> Result<Vec<i64>, (usize, String)> {
        let zoned = self.is_zoned();
        let mut seconds = Vec::with_capacity(self.len);
        for (row, run) in self.firsts().map(|(row, _)| row).zip(&self.runs) {
            if run.first.offset_s.is_some() != zoned {
                let problem = "some stamps carry an offset from UTC and some do not; expected all or none";
                return Err((row, problem.to_owned()));
            }
            let Some(local) = run.first.seconds(order) else {
                let [a, b, c] = run.first.fields;
                return Err((row, format!("there is no date {a}, {b}, {c} in the order {}", order.name())));
            };
            let first = local - i64::from(run.first.offset_s.unwrap_or(0));
            seconds.extend((0..i64::from(run.count)).map(|k| first + k * i64::from(run.step_s)));
        }
        Ok(seconds)
    }

    /// Whether the stamps are instants.
    pub(super) fn is_zoned(&self) -> bool {
        self.runs.first().is_some_and(|run| run.first.offset_s.is_some())
    }
}

/// The order of the dates' fields over all meters of a file, with the reason. An error has the meter, its row and
/// the problem.
pub(super) fn date_order<'a>(
    meters: impl Iterator<Item = &'a Stamps> + Clone,
    given: Option<DateOrder>,
) -> Result<(DateOrder, String, Sure), (usize, usize, String)> {
    let dates = || {
        meters
            .clone()
            .enumerate()
            .flat_map(|(meter, stamps)| stamps.firsts().map(move |(row, stamp)| (meter, row, stamp)))
    };
    let mut open_dates = dates().filter(|(_, _, stamp)| stamp.shape != Shape::YearFirst);
    let Some((meter, row, open)) = open_dates.next() else {
        return Ok((DateOrder::Ymd, "the year comes first".to_owned(), Sure::Certain));
    };
    if let Some(order) = given {
        return Ok((order, "given".to_owned(), Sure::Given));
    }
    let shown = |stamp: &StampText| {
        let [a, b, c] = stamp.fields;
        if stamp.shape == Shape::TwoDigits { format!("{a:02}/{b:02}/{c:02}") } else { format!("{a:02}/{b:02}/{c}") }
    };
    let mut possible = vec![DateOrder::Dmy, DateOrder::Mdy];
    if open.shape == Shape::TwoDigits {
        possible.push(DateOrder::Ymd);
    }
    // The date that leaves one order.
    let mut showing = open;
    for (at_meter, at_row, stamp) in dates().filter(|(_, _, stamp)| stamp.shape != Shape::YearFirst) {
        let before = possible.clone();
        possible.retain(|order| stamp.seconds(*order).is_some());
        if possible.is_empty() {
            let text = shown(&stamp);
            let names: Vec<&str> = before.iter().map(|order| order.name()).collect();
            let problem = if before.len() == 1 && before != [DateOrder::Ymd] {
                format!(
                    "{} is {}, and {text} cannot be; expected one order in the file",
                    shown(&showing),
                    names.join(", ")
                )
            } else {
                let [a, b, c] = stamp.fields;
                format!("there is no date {a}, {b}, {c} in the order {}", names.join(" or "))
            };
            return Err((at_meter, at_row, problem));
        }
        if possible.len() < before.len() {
            showing = stamp;
        }
    }
    match possible.as_slice() {
        [order] => {
            let fields = match order {
                DateOrder::Ymd => "year, month, day",
                DateOrder::Dmy => "day, month, year",
                DateOrder::Mdy => "month, day, year",
            };
            Ok((*order, format!("{} can only be {fields}", shown(&showing)), Sure::Certain))
        }
        _ if dates().all(|(_, _, stamp)| matches!(stamp.shape, Shape::Dotted | Shape::YearFirst)) => {
            Ok((DateOrder::Dmy, "dates with dots have the day first".to_owned(), Sure::Likely))
        }
        possible => meters.clone().next().and_then(|stamps| by_regularity(stamps, possible)).ok_or_else(|| {
            let options: Vec<String> = possible.iter().map(|order| format!("{:?}", order.name())).collect();
            let problem = format!(
                "dates such as {} cannot be told apart: day or month first? Pass date_order={}",
                shown(&open),
                options.join(" or ")
            );
            (meter, row, problem)
        }),
    }
}

/// The order under which the stamps fill their span, where the others leave most of it empty.
fn by_regularity(stamps: &Stamps, possible: &[DateOrder]) -> Option<(DateOrder, String, Sure)> {
    let filled = |order: DateOrder| {
        let seconds = stamps.seconds(order).ok()?;
        let step_s = modal_difference(&seconds)?;
        let span = seconds.iter().max()? - seconds.iter().min()? + step_s;
        Some(seconds.len() as f64 * step_s as f64 / span as f64)
    };
    let shares: Vec<(DateOrder, f64)> = possible.iter().map(|order| (*order, filled(*order).unwrap_or(0.0))).collect();
    let (best, share) = shares.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let alone = shares.iter().all(|(order, other)| *order == best || *other < 0.5);
    (share >= 0.9 && alone)
        .then(|| (best, "only so do the stamps follow each other at a regular step".to_owned(), Sure::Likely))
}

/// Reads stamps; the date of the last is kept, as the next row mostly has it too.
#[derive(Default)]
pub(super) struct StampReader {
    /// The bytes before the clock of the last stamp.
    before_clock: Vec<u8>,
    date: Option<StampText>,
}

impl StampReader {
    /// The stamp of a cell, `None` where it is none.
    pub(super) fn read(&mut self, cell: &[u8]) -> Option<StampText> {
        if let Some(date) = &self.date
            && let Some(clock) = cell.strip_prefix(self.before_clock.as_slice())
            && let Some(second) = plain_clock(clock)
        {
            return Some(StampText { second, ..*date });
        }
        let stamp = stamp_cell::parse(cell)?;
        let clock_at = cell.iter().rposition(|byte| b" T".contains(byte)).map(|at| at + 1);
        if let Some((before, clock)) = clock_at.and_then(|at| cell.split_at_checked(at))
            && plain_clock(clock) == Some(stamp.second)
            && stamp.offset_s.is_none()
        {
            self.before_clock.clear();
            self.before_clock.extend_from_slice(before);
            self.date = Some(stamp);
        }
        Some(stamp)
    }
}

/// Seconds of `H:MM`, `HH:MM` or `HH:MM:SS`.
fn plain_clock(text: &[u8]) -> Option<i32> {
    let two = |a: &u8, b: &u8| {
        let (a, b) = (a.wrapping_sub(b'0'), b.wrapping_sub(b'0'));
        (a < 10 && b < 10).then_some(i32::from(a) * 10 + i32::from(b))
    };
    let (hour, minute, second) = match text {
        [h, b':', m, n] => (two(&b'0', h)?, two(m, n)?, 0),
        [g, h, b':', m, n] => (two(g, h)?, two(m, n)?, 0),
        [g, h, b':', m, n, b':', s, t] => (two(g, h)?, two(m, n)?, two(s, t)?),
        _ => return None,
    };
    let total = hour * 3600 + minute * 60 + second;
    (minute < 60 && second < 60 && total <= 86_400).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(texts: &[&str]) -> Option<DateOrder> {
        let mut stamps = Stamps::default();
        texts.iter().for_each(|text| stamps.push(StampText::parse(text.as_bytes()).unwrap()));
        date_order([&stamps].into_iter(), None).ok().map(|(order, ..)| order)
    }

    #[test]
    fn the_order_of_dates_needs_evidence() {
        assert_eq!(order(&["01/02/2018 00:00", "13/02/2018 00:00"]), Some(DateOrder::Dmy));
        assert_eq!(order(&["01/02/2018 00:00", "02/13/2018 00:00"]), Some(DateOrder::Mdy));
        assert_eq!(order(&["13/02/2018 00:00", "02/13/2018 00:00"]), None);
        assert_eq!(order(&["01/02/2018 00:00", "01/02/2018 06:00"]), None);
        assert_eq!(order(&["01.02.2018 00:00"]), Some(DateOrder::Dmy));
        let two_days = ["01/02/2018 00:00", "01/02/2018 12:00", "02/02/2018 00:00", "02/02/2018 12:00"];
        assert_eq!(order(&two_days), Some(DateOrder::Dmy));
        let two_days = ["02/01/2018 00:00", "02/01/2018 12:00", "02/02/2018 00:00", "02/02/2018 12:00"];
        assert_eq!(order(&two_days), Some(DateOrder::Mdy));
        assert_eq!(order(&["01/31/17 00:00", "02/01/17 00:00"]), Some(DateOrder::Mdy));
        assert_eq!(order(&["31/01/17 00:00", "01/02/17 00:00"]), None, "1 February 2017, or the 17th of 2001");
        assert_eq!(order(&["17/02/28 00:00", "17/03/01 00:00", "17/03/31 00:00"]), None);
        assert_eq!(order(&["99/12/31 00:00"]), Some(DateOrder::Ymd));
    }

    #[test]
    fn runs_give_back_every_stamp() {
        let texts = [
            "2024-01-01 00:00",
            "2024-01-01 00:15",
            "2024-01-01 00:30",
            "2024-01-01 00:15",
            "2024-01-02 00:00",
            "2024-01-02 00:00",
        ];
        let (mut stamps, mut reader) = (Stamps::default(), StampReader::default());
        texts.iter().for_each(|text| stamps.push(reader.read(text.as_bytes()).unwrap()));
        let expected: Vec<i64> = texts
            .iter()
            .map(|text| StampText::parse(text.as_bytes()).unwrap().seconds(DateOrder::Ymd).unwrap())
            .collect();
        assert_eq!(stamps.seconds(DateOrder::Ymd).unwrap(), expected);
        assert_eq!((stamps.len(), stamps.runs.len()), (6, 3));
    }

    #[test]
    fn the_kept_date_changes_nothing() {
        let mut reader = StampReader::default();
        for text in [
            "2024-01-01 00:00",
            "2024-01-01 0:15",
            "2024-01-01 00:15:30",
            "2024-01-01 24:00",
            "2024-01-01 25:00",
            "2024-01-01",
            "2024-01-01 00:15Z",
            "2024-01-01 1:00 PM",
            "2024-01-02T00:00",
            "2024年1月2日 0时15分",
        ] {
            assert_eq!(reader.read(text.as_bytes()), StampText::parse(text.as_bytes()), "{text}");
        }
    }
}
