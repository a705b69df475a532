//! Which columns of a table are the intervals of a day: named by the clock, by an hour or by a number.

use crate::ingest::Stamp;
use crate::time::DAY_S;

/// The counts of intervals that an ordinary day may have.
const COUNTS: [usize; 5] = [24, 48, 96, 144, 288];

/// Columns that are the intervals of a day, in their order.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct DayColumns {
    /// Where they stand.
    pub at: Vec<usize>,
    /// Intervals of an ordinary day; the table may have more columns, for the day of 25 hours, or fewer.
    pub ordinary: usize,
    /// What names them.
    pub names: Names,
}

/// What names the intervals of a day.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Names {
    /// Clocks \[s\], and whether they are the start or the end of intervals.
    Clocks(Vec<i64>, Stamp),
    /// Numbers, the first being 0 or 1; whether they are hours.
    Numbers { is_hours: bool },
}

impl DayColumns {
    /// Step \[s\].
    pub(super) fn step_s(&self) -> i64 {
        DAY_S / self.ordinary as i64
    }

    /// The longest run of headers that name the intervals of a day; `None` where there is none.
    pub(super) fn find(headers: &[String]) -> Option<Self> {
        by_clock(headers).or_else(|| by_number(headers))
    }
}

/// `0:15`, `00:15:00`, and the first clock of `00:00-00:15` with whether it is a range.
fn clock(text: &str) -> Option<(i64, bool)> {
    let range = ["-", "~", "—", "–", "至", " to "].into_iter().find_map(|mark| text.split_once(mark));
    let (first, rest) = range.map_or((text, None), |(first, rest)| (first, Some(rest)));
    let second = |text: &str| {
        let text = text.trim().replace('：', ":");
        let mut fields = text.split(':').map(|field| (field.len() <= 2).then(|| field.parse::<u8>().ok()).flatten());
        let (hour, minute) = (fields.next()??, fields.next()??);
        let second = fields.next().unwrap_or(Some(0))?;
        let sum = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
        (fields.next().is_none() && hour <= 24 && minute < 60 && second < 60 && sum <= DAY_S).then_some(sum)
    };
    match rest {
        Some(rest) => second(rest).and(second(first)).map(|at| (at, true)),
        None => second(first).map(|at| (at, false)),
    }
}

fn by_clock(headers: &[String]) -> Option<DayColumns> {
    let found: Vec<(usize, i64, bool)> = headers
        .iter()
        .enumerate()
        .filter_map(|(at, header)| clock(header).map(|(second, is_range)| (at, second, is_range)))
        .collect();
    let differences: Vec<i64> = found.windows(2).filter_map(|pair| Some(pair.get(1)?.1 - pair.first()?.1)).collect();
    let ordinary = *COUNTS.iter().find(|count| {
        let step_s = DAY_S / **count as i64;
        differences.iter().filter(|difference| **difference == step_s).count() * 10 >= differences.len() * 9
            && found.iter().all(|(_, second, _)| second % step_s == 0)
    })?;
    // A clock or two are no day; columns of one hour repeated in autumn may come on top.
    let most = ordinary + ordinary / 24;
    if found.len() + ordinary / 24 < ordinary || found.len() > most {
        return None;
    }
    let clocks: Vec<i64> = found.iter().map(|(_, second, _)| *second).collect();
    let is_range = found.iter().all(|(.., is_range)| *is_range);
    let stamp = match (clocks.first()?, clocks.last()?) {
        (0, last) if *last != 0 && *last != DAY_S => Stamp::Start,
        (_, last) if *last == DAY_S || *last == 0 => Stamp::End,
        _ if is_range => Stamp::Start,
        _ => return None,
    };
    // 00:15 … 23:45, 00:00: the last is the end of the day.
    let last = clocks.len() - 1;
    let clocks =
        clocks.iter().enumerate().map(|(k, second)| if k == last && *second == 0 { DAY_S } else { *second }).collect();
    Some(DayColumns {
        at: found.into_iter().map(|(at, ..)| at).collect(),
        ordinary,
        names: Names::Clocks(clocks, stamp),
    })
}

/// The text around a number, and the number: `P1`, `点1`, `第1点`, `1h`, `Hour 1`, `1时`.
fn number(text: &str) -> Option<(String, usize)> {
    let text = text.trim();
    let from = text.find(|one: char| one.is_ascii_digit())?;
    let rest = text.get(from..)?;
    let digits = rest.find(|one: char| !one.is_ascii_digit()).unwrap_or(rest.len());
    let (number, after) = rest.split_at_checked(digits)?;
    let around = format!("{}#{}", text.get(..from)?.trim_end_matches(['0', ' ', '_', '-']), after.trim());
    (digits <= 3).then(|| number.parse().ok()).flatten().map(|number| (around.to_lowercase(), number))
}

/// Text around a number that names hours.
const HOURS: [&str; 16] = [
    "h#",
    "#h",
    "hr#",
    "hour#",
    "hour #",
    "#时",
    "#点",
    "#小时",
    "时#",
    "时段#",
    "第#小时",
    "hora#",
    "hora #",
    "he#",
    "ora#",
    "#:",
];

fn by_number(headers: &[String]) -> Option<DayColumns> {
    let mut best: Option<DayColumns> = None;
    let numbers: Vec<Option<(String, usize)>> = headers.iter().map(|header| number(header)).collect();
    let mut at = 0;
    while let Some(first) = numbers.get(at) {
        let Some((around, start)) = first.as_ref().filter(|(_, start)| *start <= 1) else {
            at += 1;
            continue;
        };
        let same = |(k, next): &(usize, &Option<(String, usize)>)| {
            next.as_ref().is_some_and(|(text, number)| text == around && *number == start + k)
        };
        let count = numbers.iter().skip(at).enumerate().take_while(same).count();
        let is_hours = HOURS.contains(&around.replace(' ', "").as_str());
        let fits = |ordinary: &&usize| {
            let hour = *ordinary / 24;
            [**ordinary - hour, **ordinary, **ordinary + hour].contains(&count) && (!is_hours || **ordinary == 24)
        };
        if let Some(ordinary) = COUNTS.iter().find(fits)
            && best.as_ref().is_none_or(|best| best.at.len() < count)
        {
            let names = Names::Numbers { is_hours: is_hours || *ordinary == 24 };
            best = Some(DayColumns { at: (at..at + count).collect(), ordinary: *ordinary, names });
        }
        at += count.max(1);
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(before: &str, names: impl Iterator<Item = String>) -> Vec<String> {
        before.split(',').map(str::to_owned).chain(names).collect()
    }

    fn clocks(from: i64, step_s: i64, count: i64) -> impl Iterator<Item = String> {
        (0..count).map(move |k| from + k * step_s).map(|at| format!("{}:{:02}", at / 3600, at / 60 % 60))
    }

    #[test]
    fn clocks_tell_the_side() {
        let side = |names: Vec<String>| match DayColumns::find(&names).map(|found| (found.ordinary, found.names)) {
            Some((ordinary, Names::Clocks(_, stamp))) => Some((ordinary, stamp)),
            _ => None,
        };
        assert_eq!(side(headers("日期", clocks(0, 900, 96))), Some((96, Stamp::Start)));
        assert_eq!(side(headers("日期,单位", clocks(900, 900, 96))), Some((96, Stamp::End)));
        assert_eq!(side(headers("date", clocks(0, 300, 288))), Some((288, Stamp::Start)));
        assert_eq!(side(headers("date", clocks(3600, 3600, 24))), Some((24, Stamp::End)));
        let last_is_zero = clocks(900, 900, 95).chain(std::iter::once("00:00".to_owned()));
        assert_eq!(side(headers("date", last_is_zero)), Some((96, Stamp::End)));
        let ranges =
            (0..48).map(|k| format!("{:02}:{:02}-{:02}:{:02}", k / 2, k % 2 * 30, (k + 1) / 2, (k + 1) % 2 * 30));
        assert_eq!(side(headers("date", ranges)), Some((48, Stamp::Start)));
        assert_eq!(side(headers("date", clocks(0, 900, 12))), None, "three hours are no day");
        // The hour from 2:00 is there twice.
        let twice = clocks(0, 3600, 3).chain(clocks(7200, 3600, 22));
        assert_eq!(side(headers("date", twice)), Some((24, Stamp::Start)));
    }

    #[test]
    fn numbers_count_intervals() {
        let count = |names: Vec<String>| DayColumns::find(&names).map(|found| (found.at.len(), found.ordinary));
        let named = |before: &'static str, after: &'static str, range: std::ops::Range<usize>| {
            headers("表号,日期", range.map(move |k| format!("{before}{k}{after}")))
        };
        assert_eq!(count(named("P", "", 1..97)), Some((96, 96)));
        assert_eq!(count(named("点", "", 1..97)), Some((96, 96)));
        assert_eq!(count(named("第", "点", 1..97)), Some((96, 96)));
        assert_eq!(count(named("", "", 1..97)), Some((96, 96)));
        assert_eq!(count(named("V", "", 1..101)), Some((100, 96)));
        assert_eq!(count(named("", "", 0..24)), Some((24, 24)));
        assert_eq!(count(named("", "h", 1..25)), Some((24, 24)));
        assert_eq!(count(named("Hour ", "", 1..26)), Some((25, 24)));
        assert_eq!(count(named("", "时", 0..24)), Some((24, 24)));
        assert_eq!(count(named("P", "", 1..289)), Some((288, 288)));
        assert_eq!(count(named("T", "", 1..5)), None);
        assert_eq!(count(named("P", "", 2..98)), None);
        let padded = headers("date", (1..97).map(|k| format!("P{k:02}")));
        assert_eq!(count(padded), Some((96, 96)));
    }
}
