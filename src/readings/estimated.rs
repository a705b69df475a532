//! How much of readings rests on estimates.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{Channel, Flag, Readings, Series};

/// How much of a channel, or of a part of it, rests on estimates: the source's own and those that were asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimated {
    /// Intervals with an estimated value.
    pub intervals: usize,
    /// Of the intervals that have a value, the share whose value is estimated, 0 to 1; 0 where none has one.
    pub share: f64,
    /// Sum of the estimated values, in the channel's unit; it says something of energies only.
    pub total: f64,
}

impl Series {
    /// How much of `range` rests on estimates; what lies beyond the end is left out.
    ///
    /// ```
    /// use wattlens::readings::{Channel, Flag, Series};
    /// let flags = vec![Flag::Measured, Flag::Linear, Flag::Missing];
    /// let series = Series::with_flags(Channel::IMPORT_KWH, vec![1.0, 3.0, 0.0], flags);
    /// let estimated = series.estimated(0..3);
    /// assert_eq!((estimated.intervals, estimated.share, estimated.total), (1, 0.5, 3.0));
    /// ```
    #[must_use]
    pub fn estimated(&self, range: Range<usize>) -> Estimated {
        let range = range.start.min(self.values().len())..range.end.min(self.values().len());
        let readings = self.values().get(range.clone()).unwrap_or_default().iter();
        let mut present = 0usize;
        let mut found = Estimated::default();
        for (value, flag) in readings.zip(self.flags().get(range).unwrap_or_default()) {
            present += usize::from(*flag != Flag::Missing);
            if flag.is_estimated() {
                found.intervals += 1;
                found.total += value;
            }
        }
        found.share = found.intervals as f64 / present.max(1) as f64;
        found
    }
}

impl Readings {
    /// How much of a channel rests on estimates; nothing where it was not measured.
    ///
    /// ```
    /// use wattlens::readings::{Channel, Flag, Readings, Series};
    /// use wattlens::time::{TimeAxis, Zone};
    /// let axis = TimeAxis::new(0, 3600, 2, Zone::named("UTC")?)?;
    /// let series = Series::with_flags(Channel::IMPORT_KWH, vec![1.0, 2.0], vec![Flag::Measured, Flag::Scaled]);
    /// let readings = Readings::new(axis, vec![series])?;
    /// assert_eq!(readings.estimated(Channel::IMPORT_KWH).total, 2.0);
    /// assert_eq!(readings.estimated(Channel::EXPORT_KWH).intervals, 0);
    /// # Ok::<(), wattlens::Error>(())
    /// ```
    #[must_use]
    pub fn estimated(&self, channel: Channel) -> Estimated {
        self.series(channel).map_or_else(Estimated::default, |one| one.estimated(0..one.values().len()))
    }

    /// Share of a channel's values that rest on estimates, 0 to 1.
    #[must_use]
    pub fn estimated_share(&self, channel: Channel) -> f64 {
        self.estimated(channel).share
    }
}
